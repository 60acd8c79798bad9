import { bytes, count, ms, plural } from '../format.ts'
import { wrap } from '../help.ts'
import { harmless, type Paint, padEnd } from '../paint.ts'
import type { Finding, Http2Facts, ProbeReport, TlsFacts, Verdict } from './report.ts'

const LABEL = 14

/** A report for people. */
export function layOut(report: ProbeReport, paint: Paint, columns: number): string {
  const { origin, connection, tls, resumption, http2, http1 } = report
  const row = (label: string, value: string | null) =>
    value === null ? [] : [`  ${paint.dim(padEnd(label, LABEL))}${value}`]
  const section = (title: string, rows: readonly string[]) =>
    rows.length === 0 ? [] : ['', `  ${paint.accent(title)}`, ...rows]
  return [
    '',
    `  ${paint.bold(origin)}`,
    ...section('Connection', [
      ...row('address', connection?.address ?? null),
      ...row(
        'protocol',
        connection === null
          ? null
          : connection.protocol === 'h2'
            ? paint.good('HTTP/2')
            : paint.warn('HTTP/1.1'),
      ),
      ...row('dialled in', connection === null ? null : dialText(connection)),
    ]),
    ...section('TLS', tls === null ? [] : tlsRows(tls, row, paint)),
    ...section('Resumption', [
      ...row('tickets', resumption === null ? null : count(resumption.tickets)),
      ...row(
        'second time',
        resumption === null
          ? null
          : resumption.resumed
            ? `${paint.good('resumed')} in ${ms(resumption.second ?? 0)}, full in ${ms(resumption.full)}`
            : paint.warn('full handshake'),
      ),
    ]),
    ...section('HTTP/2', http2 === null ? [] : http2Rows(http2, row, paint)),
    ...section('HTTP/1.1', [
      ...row(
        'fallback',
        http1.response === null
          ? paint.warn('does not work')
          : `${paint.good('works')}, ${http1.response.status} in ${ms(http1.response.firstByte)}`,
      ),
    ]),
    '',
    `  ${verdictText(report.verdict, paint)}`,
    ...report.findings.flatMap((finding) => findingLines(finding, paint, columns)),
    '',
  ].join('\n')
}

type Row = (label: string, value: string | null) => string[]

function dialText({ dns, connect, tls }: NonNullable<ProbeReport['connection']>): string {
  const sum = dns + connect + (tls ?? 0)
  return `${ms(sum)}  (dns ${ms(dns)}, tcp ${ms(connect)}${tls === null ? '' : `, tls ${ms(tls)}`})`
}

function tlsRows(
  { version, cipher, keyExchange, alpn, distrust, certificate, tls12 }: TlsFacts,
  row: Row,
  paint: Paint,
): string[] {
  return [
    ...row('version', `${version}${tls12 === true ? paint.dim(', TLSv1.2 too') : ''}`),
    ...row('cipher', `${cipher}${keyExchange === null ? '' : paint.dim(`, ${keyExchange}`)}`),
    ...row('alpn', alpn ?? 'none'),
    ...(certificate === null
      ? []
      : [
          ...row(
            'certificate',
            `${harmless(certificate.subject)} ${paint.dim(`by ${harmless(certificate.issuer)}${certificate.key === null ? '' : `, ${certificate.key}`}`)}`,
          ),
          ...row(
            'valid until',
            `${certificate.validTo.slice(0, 10)} ${paint.dim(`(${plural(certificate.daysLeft, 'day')})`)}`,
          ),
        ]),
    ...row('trusted', distrust === null ? paint.good('yes') : paint.bad('no')),
  ]
}

function http2Rows(facts: Http2Facts, row: Row, paint: Paint): string[] {
  const { settings, ping, response, altSvc, origins, maxConcurrentStreams } = facts
  const pingText =
    ping === null
      ? null
      : ping.answered === 0
        ? paint.bad('no answer')
        : `${ms(ping.min)} min, ${ms(ping.average)} average ${paint.dim(`of ${ping.answered}`)}`
  return [
    ...row(
      'streams',
      maxConcurrentStreams === null ? 'no limit told' : `${count(maxConcurrentStreams)} at once`,
    ),
    ...row('ping', pingText),
    ...row(
      'windows',
      `${bytes(facts.initialWindowSize)} a stream, ${bytes(facts.connectionWindow)} the connection`,
    ),
    ...row(
      'push',
      facts.pushPromises === 0 ? 'none' : paint.bad(plural(facts.pushPromises, 'push', 'pushes')),
    ),
    ...row(
      'response',
      response === null
        ? null
        : `${response.status} in ${ms(response.firstByte)}${response.server === null ? '' : paint.dim(`, ${harmless(response.server)}`)}`,
    ),
    ...row(
      'alt-svc',
      altSvc.length === 0
        ? response?.altSvc
          ? harmless(response.altSvc)
          : null
        : harmless(altSvc.join(', ')),
    ),
    ...row('origins', origins.length === 0 ? null : harmless(origins.join(', '))),
    ...Object.entries(settings).flatMap(([name, value], index) =>
      row(index === 0 ? 'SETTINGS' : '', `${padEnd(name, 24)}${count(value)}`),
    ),
  ]
}

function verdictText(verdict: Verdict, paint: Paint): string {
  if (verdict === 'ready') return paint.good(paint.bold('✔ Ready for HTTP/2'))
  if (verdict === 'not-ready') return paint.bad(paint.bold('✘ Not ready for HTTP/2'))
  return paint.warn(paint.bold('! Ready for HTTP/2, with remarks'))
}

function findingLines({ level, text }: Finding, paint: Paint, columns: number): string[] {
  const sign = {
    good: paint.good('✔'),
    note: paint.accent('·'),
    warning: paint.warn('!'),
    problem: paint.bad('✘'),
  }
  const [first = '', ...rest] = wrap(harmless(text), Math.min(columns, 100) - 6)
  return [`    ${sign[level]} ${first}`, ...rest.map((line) => `      ${line}`)]
}
