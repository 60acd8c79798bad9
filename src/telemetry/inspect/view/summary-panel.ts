/** Which hop is slow: figures, and the time of each origin by phase. */
import { PHASES } from '../bars.ts'
import { type OriginSummary, type Summary, verdictOf } from '../summary.ts'
import { h } from './dom.ts'
import { count, hostOf, ms } from './format.ts'
import { PHASE_NAMES } from './words.ts'

/** Origins shown before the rest is folded. */
const ORIGINS_SHOWN = 4

export function summaryPanel(summary: Summary, onOrigin: (origin: string) => void): Node[] {
  const { origins } = summary
  const most = Math.max(...origins.map(({ total }) => total), 1e-6)
  const lines = origins.map((one) => originLine(one, most, onOrigin))
  const rest = lines.slice(ORIGINS_SHOWN)
  return [
    tiles(summary),
    h(
      'div',
      { class: 'hops' },
      h('p', { class: 'verdict', id: 'verdict' }, verdictOf(summary) ?? 'Nothing is shown.'),
      ...lines.slice(0, ORIGINS_SHOWN),
      rest.length === 0 ? null : h('details', {}, h('summary', {}, `${rest.length} more origins`), ...rest),
    ),
  ]
}

function tiles({
  requests,
  failed,
  retries,
  replays,
  connections,
  resumed,
  durations,
}: Summary): HTMLElement {
  const tile = (value: string, name: string, bad = false) =>
    h('div', { class: bad ? 'tile bad' : 'tile' }, h('b', {}, value), h('span', {}, name))
  return h(
    'div',
    { class: 'tiles', id: 'tiles' },
    tile(count(requests), requests === 1 ? 'request' : 'requests'),
    tile(count(failed), 'failed', failed > 0),
    tile(ms(durations.p50), 'median'),
    tile(ms(durations.p99), '99th percentile'),
    tile(count(connections), resumed === 0 ? 'connections' : `connections, ${count(resumed)} resumed`),
    tile(count(retries + replays), 'retries and replays'),
  )
}

/** Its bar is as long as its share of the time of all. */
function originLine(summary: OriginSummary, most: number, onOrigin: (origin: string) => void): HTMLElement {
  const { origin, requests, phases, total, slowest, roundTrip, durations } = summary
  const present = PHASES.filter((phase) => phases[phase] > 0)
  const said = present.map((phase) => `${PHASE_NAMES[phase]} ${ms(phases[phase])}`).join(', ')
  const bar = h('div', { class: 'stack', role: 'img', 'aria-label': said, title: said })
  bar.style.width = `${Math.max(1, (total / most) * 100)}%`
  for (const phase of present) {
    const piece = h('i', { class: `swatch ${phase}` })
    piece.style.flexGrow = String(phases[phase] / total)
    bar.append(piece)
  }
  const share =
    slowest === null ? '' : `${PHASE_NAMES[slowest]} ${Math.round((100 * phases[slowest]) / total)} %`
  return h(
    'div',
    { class: 'hop' },
    h(
      'button',
      { type: 'button', class: 'quiet', title: 'Show this origin alone', click: () => onOrigin(origin) },
      hostOf(origin),
    ),
    h('div', { class: 'track' }, bar),
    h('b', {}, share),
    h(
      'span',
      {},
      `${count(requests)} × median ${ms(durations.p50)}${roundTrip === null ? '' : ` · RTT ${ms(roundTrip)}`}`,
    ),
  )
}
