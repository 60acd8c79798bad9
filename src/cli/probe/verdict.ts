import { bytes, ms, plural } from '../format.ts'
import type { Finding, Http2Facts, ProbeReport, Verdict } from './report.ts'

/** What a verdict is made of. */
export type Observed = Pick<ProbeReport, 'connection' | 'tls' | 'resumption' | 'http2' | 'http1' | 'idle'>

/** RFC 9113 section 6.5.2 recommends no fewer. */
const RECOMMENDED_STREAMS = 100
const FEW_STREAMS = 10
/** Days before a certificate ends. */
const SOON = 14
/** What a window is until somebody makes it larger. */
const SMALL_WINDOW = 65_535
/** ms: below it nobody feels a window or a round trip. */
const NEAR = 2

/** What a client should know of an origin, and whether HTTP/2 can be used there. */
export function judge(seen: Observed): { readonly verdict: Verdict; readonly findings: readonly Finding[] } {
  const findings = [
    ...protocol(seen),
    ...tls(seen),
    ...resumption(seen),
    ...(seen.http2 === null ? [] : http2(seen.http2)),
    ...fallback(seen),
    ...idle(seen),
  ]
  const has = (level: Finding['level']) => findings.some((finding) => finding.level === level)
  return { verdict: has('problem') ? 'not-ready' : has('warning') ? 'ready-with-remarks' : 'ready', findings }
}

function finding(level: Finding['level'], topic: string, text: string): Finding {
  return { level, topic, text }
}

function protocol({ http2, tls, connection }: Observed): Finding[] {
  if (connection === null) return [finding('problem', 'protocol', 'Could not connect.')]
  if (http2 !== null && http2.settingsAfter === null) {
    return [
      finding('problem', 'protocol', `It chose HTTP/2 and sent no SETTINGS: ${http2.error?.message ?? ''}`),
    ]
  }
  if (http2 !== null) {
    const how =
      tls === null ? 'It speaks HTTP/2 in the clear to those who know.' : 'HTTP/2 is agreed on by ALPN.'
    return [finding('good', 'protocol', how)]
  }
  if (tls === null) return [finding('problem', 'protocol', 'It does not speak HTTP/2 in the clear.')]
  const chosen = tls.alpn === null ? 'knows no ALPN' : `chose ${tls.alpn}`
  return [finding('problem', 'protocol', `No HTTP/2: offered h2 and http/1.1, the server ${chosen}.`)]
}

function tls({ tls: facts }: Observed): Finding[] {
  if (facts === null) return []
  const { version, tls12, distrust, certificate } = facts
  const findings: Finding[] = []
  if (version === 'TLSv1.3') {
    findings.push(finding('good', 'tls', tls12 ? 'TLS 1.3, and TLS 1.2 for those without.' : 'TLS 1.3 only.'))
  } else {
    findings.push(
      finding('warning', 'tls', `${version}: each full handshake takes a round trip more than with TLS 1.3.`),
    )
  }
  if (distrust !== null) findings.push(finding('problem', 'certificate', distrust.message))
  if (certificate !== null && distrust === null && certificate.daysLeft < SOON) {
    findings.push(finding('warning', 'certificate', `It ends in ${plural(certificate.daysLeft, 'day')}.`))
  }
  return findings
}

function resumption({ resumption: facts }: Observed): Finding[] {
  if (facts === null) return []
  const { tickets, resumed, full, second, error } = facts
  if (resumed) {
    return [
      finding(
        'good',
        'resumption',
        `A second handshake is resumed: it took ${ms(second ?? 0)}, the full one ${ms(full)}.`,
      ),
    ]
  }
  if (error !== null)
    return [finding('warning', 'resumption', `It broke on an earlier session: ${error.message}`)]
  const why = tickets === 0 ? 'it gives no tickets' : 'it gives tickets and does not take them'
  return [
    finding(
      'warning',
      'resumption',
      `No TLS resumption: ${why}. Every new connection pays for a full handshake.`,
    ),
  ]
}

function http2(facts: Http2Facts): Finding[] {
  if (facts.settingsAfter === null) return []
  return [...answers(facts), ...streams(facts), ...liveness(facts), ...windows(facts), ...extensions(facts)]
}

function answers({ response, error, goAway, pushPromises, acknowledged }: Http2Facts): Finding[] {
  const findings: Finding[] = []
  if (error !== null) findings.push(finding('problem', 'exchange', error.message))
  if (response?.status === 421) {
    findings.push(finding('problem', 'exchange', '421: it does not serve this origin on this connection.'))
  } else if (response !== null && response.status >= 500) {
    findings.push(finding('warning', 'exchange', `The request was answered with ${response.status}.`))
  }
  if (goAway !== null) {
    findings.push(
      finding('warning', 'goaway', `It sent GOAWAY (${goAway.code}) to a client that did nothing wrong.`),
    )
  }
  if (pushPromises > 0) {
    findings.push(
      finding(
        'problem',
        'push',
        `It pushed ${plural(pushPromises, 'response')} that nobody may push: we set ENABLE_PUSH to 0.`,
      ),
    )
  }
  if (!acknowledged && error === null) {
    findings.push(finding('warning', 'settings', 'It did not acknowledge our SETTINGS.'))
  }
  return findings
}

function streams({ maxConcurrentStreams }: Http2Facts): Finding[] {
  if (maxConcurrentStreams === null) {
    return [
      finding(
        'note',
        'streams',
        'It sets no limit on streams; limit them yourself: http2.maxConcurrentStreams.',
      ),
    ]
  }
  if (maxConcurrentStreams === 0)
    return [finding('problem', 'streams', 'It takes no streams: MAX_CONCURRENT_STREAMS is 0.')]
  if (maxConcurrentStreams >= RECOMMENDED_STREAMS) {
    return [finding('good', 'streams', `${maxConcurrentStreams} requests at once on one connection.`)]
  }
  const level = maxConcurrentStreams < FEW_STREAMS ? 'warning' : 'note'
  const at = `Only ${plural(maxConcurrentStreams, 'request')} at once on one connection, where RFC 9113 recommends 100`
  return [finding(level, 'streams', `${at}: further ones wait, or take http2.maxSessions.`)]
}

function liveness({ ping }: Http2Facts): Finding[] {
  if (ping === null) return []
  if (ping.answered === 0) {
    return [
      finding('warning', 'ping', 'It answers no PING: a dead connection cannot be told from a slow one.'),
    ]
  }
  if (ping.answered < ping.sent) return [finding('warning', 'ping', 'It did not answer every PING.')]
  return []
}

function windows({ initialWindowSize, connectionWindow, ping }: Http2Facts): Finding[] {
  const window = Math.min(initialWindowSize, connectionWindow)
  const roundTrip = ping?.min ?? 0
  if (window > SMALL_WINDOW || roundTrip < NEAR) return []
  const rate = `${bytes(window / (roundTrip / 1000))}/s`
  return [
    finding(
      'note',
      'uploads',
      `An upload may send ${bytes(window)} ahead: at ${ms(roundTrip)} of round trip ${rate} at most, until the window grows.`,
    ),
  ]
}

function extensions({ settings, altSvc, origins, response }: Http2Facts): Finding[] {
  const findings: Finding[] = []
  if (settings.ENABLE_CONNECT_PROTOCOL === 1) {
    findings.push(finding('note', 'websocket', 'WebSockets can be had over HTTP/2 (RFC 8441).'))
  }
  if (settings.NO_RFC7540_PRIORITIES === 1) {
    findings.push(
      finding('note', 'priority', 'It looks at the priority field (RFC 9218), not at PRIORITY frames.'),
    )
  }
  const services = [...altSvc, response?.altSvc ?? ''].join(', ')
  if (/\bh3\b/.test(services)) findings.push(finding('note', 'alt-svc', 'It offers HTTP/3, too.'))
  if (origins.length > 0) {
    findings.push(
      finding(
        'note',
        'origins',
        `The connection serves ${plural(origins.length, 'origin')} by its own word: http2.coalesce can share it.`,
      ),
    )
  }
  if (settings.MAX_HEADER_LIST_SIZE !== undefined) {
    findings.push(
      finding('note', 'headers', `It takes header sections up to ${bytes(settings.MAX_HEADER_LIST_SIZE)}.`),
    )
  }
  return findings
}

function fallback({ http1, http2 }: Observed): Finding[] {
  if (http1.works)
    return http2 === null ? [] : [finding('good', 'fallback', 'HTTP/1.1 works for those who ask for it.')]
  const level = http2 === null ? 'problem' : 'note'
  return [finding(level, 'fallback', `HTTP/1.1 does not work: ${http1.error?.message ?? 'no answer'}`)]
}

function idle({ idle: facts }: Observed): Finding[] {
  if (facts === null) return []
  const { closedAfter, goAway, watched } = facts
  if (closedAfter === null) {
    return [finding('good', 'idle', `An idle connection was still there after ${ms(watched)}.`)]
  }
  const politely = goAway === null ? 'without a GOAWAY' : `with GOAWAY (${goAway.code})`
  const level = goAway === null ? 'warning' : 'note'
  return [
    finding(
      level,
      'idle',
      `It closed an idle connection after ${ms(closedAfter)}, ${politely}. Keep http2.idleTimeout below that.`,
    ),
  ]
}
