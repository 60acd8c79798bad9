/** The fixed parts of the page: its head, the legend, and the line at its foot. */
import { PHASES } from '../bars.ts'
import type { Recording } from '../recording.ts'
import { h } from './dom.ts'
import { count, counted, ms } from './format.ts'
import { PHASE_MEANINGS, PHASE_NAMES } from './words.ts'

export function heading({ sources, timeOrigin, from, until, dropped }: Recording): Node[] {
  const date = new Date(timeOrigin + from).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
  const forgotten = Object.entries(dropped).filter(([, number]) => number > 0)
  return [
    h('h1', {}, 'Waterfall'),
    h(
      'p',
      { class: 'soft' },
      `${sources.map(({ name }) => name).join(' and ')} · ${date} · ${ms(until - from)}`,
    ),
    forgotten.length === 0
      ? null
      : h(
          'p',
          { class: 'warning', id: 'dropped' },
          `Forgotten to stay within the limits: ${forgotten.map(([name, number]) => `${count(number)} ${name}`).join(', ')}`,
        ),
  ].filter((node) => node !== null)
}

export function legend({ pings, goAways, stalls, frames }: Recording): HTMLElement {
  const marks = [
    ['ping', '▲', counted(pings.length, 'PING')],
    ['goaway', '⚑', `${count(goAways.length)} GOAWAY`],
    ['stall', '▨', counted(stalls.length, 'window stall')],
    ['frame', '❘', counted(frames.length, 'frame')],
  ] as const
  const shown = marks.filter(([, , text]) => !text.startsWith('0 '))
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    ...PHASES.map((phase) =>
      h('li', { title: PHASE_MEANINGS[phase] }, h('i', { class: `swatch ${phase}` }), PHASE_NAMES[phase]),
    ),
    h(
      'li',
      { title: 'failed, or answered with 400 or above' },
      h('i', { class: 'glyph bad' }, '✕'),
      'Failed',
    ),
    ...shown.map(([name, glyph, text]) => h('li', {}, h('i', { class: `glyph ${name}` }, glyph), text)),
  )
}

export function hints(): HTMLElement {
  return h(
    'p',
    { class: 'hints' },
    'Drag to move, Ctrl and wheel to zoom, double click for one request. Keys: ',
    ...[
      ['↑ ↓', 'choose'],
      ['← →', 'move'],
      ['+ −', 'zoom'],
      ['0', 'all'],
      ['/', 'filter'],
    ].flatMap(([key = '', what = '']) => [h('kbd', {}, key), ` ${what} `]),
    '· Drop a recording (.json) here to see it beside this one.',
  )
}
