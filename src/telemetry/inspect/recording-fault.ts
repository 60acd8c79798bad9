import { FORMAT, LISTS, VERSION } from './recording.ts'

/** Of a list, what each entry must have as a number for everything else to stand on. */
const NUMBERS: Readonly<Record<(typeof LISTS)[number], readonly string[]>> = {
  requests: ['id', 'start'],
  dials: ['id', 'start'],
  connections: ['id', 'start'],
  pings: ['connectionId', 'at'],
  goAways: ['connectionId', 'at'],
  stalls: ['connectionId', 'start'],
  breakers: ['at'],
  frames: ['connectionId', 'at'],
}

/** What is wrong with data that should be a recording; null: nothing that could be told from its outside. */
export function faultOf(data: unknown): string | null {
  const given = (data ?? {}) as Record<string, unknown>
  if (given.format !== FORMAT) return 'it was not written by recorder.write("NAME.json")'
  if (given.version !== VERSION)
    return `its version is ${String(given.version)}, and ${VERSION} is what is read here`
  for (const name of ['timeOrigin', 'from', 'until']) {
    if (!Number.isFinite(given[name])) return `${name} is not a number`
  }
  if (typeof given.dropped !== 'object' || given.dropped === null) return 'dropped is missing'
  if (!Array.isArray(given.sources)) return 'sources is not a list'
  for (const list of LISTS) {
    const items = given[list]
    if (!Array.isArray(items)) return `${list} is not a list`
    const bad = items.findIndex((item) => NUMBERS[list].some((name) => !Number.isFinite(item?.[name])))
    if (bad !== -1) return `${list}[${bad}] lacks ${NUMBERS[list].join(' or ')}`
  }
  return faultOfRequests(given.requests as Record<string, unknown>[])
}

function faultOfRequests(requests: readonly Record<string, unknown>[]): string | null {
  const lists = ['headers', 'responseHeaders', 'attempts', 'retries', 'redirects']
  const parts = ['headers', 'waits', 'streams', 'replays']
  for (const [index, request] of requests.entries()) {
    if (typeof request.url !== 'string' || typeof request.origin !== 'string')
      return `requests[${index}] has no url`
    if (lists.some((name) => !Array.isArray(request[name]))) return `requests[${index}] is not whole`
    for (const attempt of request.attempts as Record<string, unknown>[]) {
      if (parts.some((name) => !Array.isArray(attempt?.[name])))
        return `requests[${index}] has a broken attempt`
    }
  }
  return null
}
