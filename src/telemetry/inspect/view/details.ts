/** Everything about one request, in a panel beside the lanes. */
import type { Bar } from '../bars.ts'
import type { RecordedConnection, RecordedRequest } from '../recording.ts'
import { h } from './dom.ts'
import { shortCode } from './draw-bar.ts'
import { bytes, hostOf, ms, pathOf } from './format.ts'
import { PHASE_NAMES } from './words.ts'

export interface DetailsContent {
  readonly request: RecordedRequest
  readonly bars: readonly Bar[]
  readonly selected: Bar | null
  readonly zero: number
  readonly connections: ReadonlyMap<number, RecordedConnection>
  onClose(): void
  onSelect(bar: Bar): void
}

export function detailsOf(content: DetailsContent): Node[] {
  const { request, bars, selected, onClose } = content
  const { method, url, origin, headers, responseHeaders, error } = request
  const bar = selected ?? bars.at(-1)
  const sent = bar?.attempt?.headers ?? headers
  const received = bar?.stream?.headers ?? responseHeaders
  return [
    h(
      'header',
      {},
      h('h2', { tabindex: -1 }, `${method} ${pathOf(url, origin)}`),
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close details', click: onClose }, '✕'),
    ),
    h('p', { class: 'url' }, url),
    ...(error === null ? [] : [h('p', { class: 'bad' }, h('b', {}, error.code), ` ${error.message}`)]),
    facts(content),
    h('h3', {}, bars.length === 1 ? 'Where the time went' : `${bars.length} exchanges`),
    ...bars.map((one, index) => exchange(content, one, index, one === bar && bars.length > 1)),
    fields('Request head', sent),
    fields('Response head', received),
  ]
}

function facts({ request, zero }: DetailsContent): HTMLElement {
  const { status, protocol, start, end, headersAt, bytesReceived, bytesSent, correlationId, id, redirects } =
    request
  const rows: (readonly [string, string | null])[] = [
    ['Status', status === null ? 'none' : String(status)],
    ['Origin', hostOf(request.origin)],
    ['Protocol', protocol],
    ['Began', ms(start - zero)],
    ['Response head', headersAt === null ? null : `after ${ms(headersAt - start)}`],
    ['Took', end === null ? 'not ended' : ms(end - start)],
    ['Received', bytes(bytesReceived)],
    ['Sent', bytesSent === 0 ? null : bytes(bytesSent)],
    ['Request id', correlationId === null ? String(id) : `${id}, ${correlationId}`],
    ...redirects.map(({ status: code, to }) => [`Redirect ${code}`, to] as const),
  ]
  const list = h('dl')
  for (const [name, value] of rows) if (value !== null) list.append(h('dt', {}, name), h('dd', {}, value))
  return list
}

/** One bar: where it ran, and its phases to scale. */
function exchange(
  { request, connections, onSelect }: DetailsContent,
  bar: Bar,
  index: number,
  current: boolean,
): HTMLElement {
  const { attempt, stream, status, error, start, end, segments } = bar
  const connection = connections.get(bar.connectionId)
  const where =
    connection === undefined
      ? 'no connection'
      : `connection ${connection.id}${stream?.streamId == null ? '' : `, stream ${stream.streamId}`}`
  const outcome = error === null ? `${status ?? ''}` : shortCode(error.code)
  const retry = request.retries.find((one) => one.attempt === attempt?.number)
  const why =
    retry === undefined
      ? attempt?.replays[index - 1] === undefined
        ? null
        : 'replayed'
      : `retry after ${ms(retry.delay)}`
  const span = Math.max(end - start, 1e-6)
  return h(
    'section',
    { class: current ? 'exchange current' : 'exchange' },
    h(
      'button',
      { type: 'button', class: 'quiet', click: () => onSelect(bar) },
      h('b', {}, [why, where].filter((part) => part !== null).join(' · ')),
      h('span', { class: error === null && (status ?? 0) < 400 ? '' : 'bad' }, outcome),
      h('span', {}, ms(end - start)),
    ),
    ...segments.map((segment) => {
      const [left, width] = [
        ((segment.start - start) / span) * 100,
        ((segment.end - segment.start) / span) * 100,
      ]
      const strip = h('div', { class: 'strip' }, h('i', { class: `swatch ${segment.phase}`, style: '' }))
      const piece = strip.firstElementChild as HTMLElement
      piece.style.marginLeft = `${left}%`
      piece.style.width = `max(2px, ${width}%)`
      return h(
        'div',
        { class: 'phase' },
        h('span', {}, PHASE_NAMES[segment.phase]),
        strip,
        h('span', {}, ms(segment.end - segment.start)),
      )
    }),
  )
}

function fields(title: string, headers: readonly string[]): HTMLElement {
  const list = h('dl', { class: 'fields' })
  for (let at = 0; at + 1 < headers.length; at += 2) {
    list.append(h('dt', {}, headers[at] ?? ''), h('dd', {}, headers[at + 1] ?? ''))
  }
  return h(
    'details',
    { open: headers.length > 0 && headers.length < 30 },
    h('summary', {}, `${title} (${headers.length / 2})`),
    list,
  )
}
