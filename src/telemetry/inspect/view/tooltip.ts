/** What is pointed at, in a few lines beside the pointer. */
import type { Bar } from '../bars.ts'
import { h } from './dom.ts'
import { shortCode } from './draw-bar.ts'
import { bytes, counted, hostOf, ms, pathOf } from './format.ts'
import type { Hit } from './hit.ts'
import type { PlacedLane } from './lanes.ts'
import { errorCodeName, frameName, PHASE_NAMES } from './words.ts'

export interface Tooltip {
  readonly element: HTMLElement
  show(hit: Hit | null, x: number, y: number): void
}

export function createTooltip(): Tooltip {
  const element = h('div', { id: 'tooltip', 'aria-hidden': 'true' })
  let said: unknown = null
  return {
    element,
    show(hit, x, y) {
      element.classList.toggle('on', hit !== null)
      if (hit === null) return
      const about = hit.kind === 'bar' ? hit.bar : hit.kind === 'connection' ? hit.lane : hit.mark
      if (about !== said) element.replaceChildren(...linesOf(hit))
      said = about
      const { offsetWidth, offsetHeight } = element
      element.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - offsetWidth - 8))}px`
      element.style.top = `${y + 18 + offsetHeight > innerHeight ? y - offsetHeight - 10 : y + 18}px`
    },
  }
}

function linesOf(hit: Hit): Node[] {
  if (hit.kind === 'bar') return barLines(hit.bar)
  const [title, ...rest] = textsOf(hit)
  return [h('strong', {}, title ?? ''), ...rest.map((line) => h('div', {}, line))]
}

function barLines(bar: Bar): Node[] {
  const { request, attempt, status, error, start, end, segments } = bar
  const { method, url, origin } = attempt ?? request
  const outcome = error === null ? String(status ?? 'open') : shortCode(error.code)
  return [
    h('strong', {}, `${method} ${pathOf(url, origin)}`),
    h(
      'div',
      { class: error === null && (status ?? 0) < 400 ? 'soft' : 'bad' },
      `${outcome} · ${ms(end - start)} · ${hostOf(origin)}`,
    ),
    h(
      'div',
      { class: 'phases' },
      ...segments.map((segment) =>
        h(
          'div',
          { class: segment.phase },
          h('i', { class: `swatch ${segment.phase}` }),
          h('span', {}, PHASE_NAMES[segment.phase]),
          h('b', {}, ms(segment.end - segment.start)),
        ),
      ),
    ),
  ]
}

function textsOf(hit: Exclude<Hit, { kind: 'bar' }>): string[] {
  switch (hit.kind) {
    case 'ping': {
      const { roundTrip, error } = hit.mark
      return roundTrip === null
        ? ['PING without an answer', error?.message ?? '']
        : [`PING answered after ${ms(roundTrip)}`]
    }
    case 'goaway': {
      const { http2Code, lastStreamId, debug } = hit.mark
      return [
        `GOAWAY ${errorCodeName(http2Code)}`,
        `last stream ${lastStreamId}`,
        ...(debug === '' ? [] : [debug]),
      ]
    }
    case 'stall': {
      const { direction, streamId, start, end } = hit.mark
      const who = streamId === null ? 'The connection' : `Stream ${streamId}`
      const why = direction === 'out' ? 'the upload waits for the peer' : 'the response is not read'
      return [`${who} has no window`, why, end === null ? 'still' : `for ${ms(end - start)}`]
    }
    case 'breaker':
      return [`Circuit ${hit.mark.from} → ${hit.mark.to}`, hit.mark.reason]
    case 'frame': {
      const { type, direction, streamId, length } = hit.mark
      return [`${frameName(type)} ${direction}`, `stream ${streamId}, ${bytes(length)}`]
    }
    case 'connection':
      return connectionTexts(hit.lane)
  }
}

export function connectionTexts({ connection, dial, origin, bars }: PlacedLane): string[] {
  if (connection === null) return ['Without a connection', hostOf(origin), counted(bars.length, 'bar')]
  const { id, protocol, remoteAddress, tls, draining, error, end, start } = connection
  return [
    `Connection ${id}, ${protocol}`,
    `${hostOf(origin)} at ${remoteAddress}`,
    tls === null ? 'no TLS' : `${tls.version}, ${tls.resumed ? 'resumed' : 'full handshake'}`,
    ...(dial === null ? [] : [`made in ${ms((dial.end ?? start) - dial.start)}`]),
    ...(draining === null
      ? []
      : [`draining: ${draining.reason}, ${counted(draining.openStreams, 'stream')} open`]),
    ...(end === null ? [] : [`closed after ${ms(end - start)}${error === null ? '' : `: ${error.message}`}`]),
  ]
}
