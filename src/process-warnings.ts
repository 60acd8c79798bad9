/** One-time warnings of the process. They point at what costs users dearly and shows nowhere else. */

/** The first patch of each Node line with the http2 and TLS security fixes of 2026 (docs/engines.md). */
const FIRST_FIXED: Readonly<Record<number, readonly [minor: number, patch: number]>> = {
  22: [23, 2],
  24: [18, 1],
  26: [5, 1],
}
const OLDEST_LINE = 22
const NEWEST_LINE = 26
const SUPPORTED = '^22.23.2, ^24.18.1 or >=26.5.1'

const CHURN_WINDOW_MS = 10_000
const CHURN_CLIENTS = 16

let warnedOfNode = false
let warnedOfChurn = false
let recent: number[] = []

/**
 * Says what to do about a Node that lacks what every request needs, such as `Promise.withResolvers`; null on one that
 * does not.
 */
export function whyNodeIsTooOld(version = process.versions.node): string | null {
  if (!(Number.parseInt(version, 10) < OLDEST_LINE)) return null
  return `Trunkline needs Node ${SUPPORTED}; this is Node ${version}. Upgrade Node.`
}

/**
 * To be called for each client made.
 * @throws Error on a Node that is too old to work at all.
 */
export function noticeNewClient(now = performance.now()): void {
  const tooOld = whyNodeIsTooOld()
  if (tooOld !== null) throw new Error(tooOld)
  warnOfNode(process.versions.node)
  if (warnedOfChurn) return
  recent = [...recent.filter((at) => now - at < CHURN_WINDOW_MS), now]
  if (recent.length < CHURN_CLIENTS) return
  warnedOfChurn = true
  recent = []
  process.emitWarning(
    `${CHURN_CLIENTS} clients were created within ${CHURN_WINDOW_MS / 1000} seconds. Each opens its own connections: ` +
      'create one client and share it.',
    { type: 'TrunklineWarning', code: 'TRUNKLINE_CLIENT_CHURN' },
  )
}

function warnOfNode(version: string): void {
  if (warnedOfNode) return
  warnedOfNode = true
  if (isFixed(version)) return
  process.emitWarning(`Node ${version} lacks security fixes of HTTP/2 and TLS. Upgrade to ${SUPPORTED}.`, {
    type: 'TrunklineWarning',
    code: 'TRUNKLINE_NODE_VERSION',
  })
}

/** Whether a Node version, `26.10.0`, has the fixes. */
export function isFixed(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  if (major > NEWEST_LINE) return true
  const first = FIRST_FIXED[major]
  if (first === undefined) return false
  return minor > first[0] || (minor === first[0] && patch >= first[1])
}
