/** What stands left of a lane: which connection it is; a click folds it. */
import { h } from './dom.ts'
import { counted, hostOf } from './format.ts'
import type { PlacedLane } from './lanes.ts'
import { connectionTexts } from './tooltip.ts'

export function laneLabel(lane: PlacedLane, onToggle: (lane: PlacedLane) => void): HTMLElement {
  const { connection, origin, bars, top, height, collapsed } = lane
  const name = connection === null ? 'No connection' : `#${connection.id}`
  const label = h(
    'button',
    {
      type: 'button',
      class: 'label',
      title: connectionTexts(lane).join('\n'),
      'aria-expanded': String(!collapsed),
      click: () => onToggle(lane),
    },
    h(
      'span',
      { class: 'first' },
      h('span', { class: 'twist', 'aria-hidden': 'true' }, collapsed ? '▸' : '▾'),
      h('b', {}, name),
      connection === null
        ? null
        : h('span', { class: `protocol ${connection.protocol === 'h2' ? 'h2' : 'h1'}` }, connection.protocol),
      h('span', { class: 'host' }, hostOf(origin)),
    ),
    h('span', { class: 'second' }, secondLine(lane, counted(bars.length, 'request'))),
  )
  label.style.top = `${top}px`
  label.style.height = `${height}px`
  return label
}

function secondLine({ connection }: PlacedLane, requests: string): string {
  if (connection === null) return requests
  const { tls, error, end, draining } = connection
  const standing = error !== null ? 'lost' : end !== null ? 'closed' : draining !== null ? 'draining' : null
  const security =
    tls === null ? 'no TLS' : `${tls.version.replace('TLSv', 'TLS ')}${tls.resumed ? ' resumed' : ''}`
  return [requests, security, standing].filter((part) => part !== null).join(' · ')
}
