import type { Combination } from './matrix.ts'
import type { CombinationResult, Failure } from './run-cases.ts'

export interface Row extends Combination {
  readonly server: string
  readonly version: string
}

export function heading(): string {
  return line('server', 'version', 'protocol', 'engine', 'TLS', 'cases', 'moved', 'time')
}

export function resultLine(row: Row, { passed, failures, bytes, seconds }: CombinationResult): string {
  const cases = `${passed}/${passed + failures.length}`
  const moved = `${(bytes / 1e6).toFixed(0)} MB`
  const mark = failures.length === 0 ? 'ok' : 'FAILED'
  return `${line(...cells(row), cases, moved, `${seconds.toFixed(1)} s`)}   ${mark}`
}

export function noteLine(row: Row, note: string): string {
  return `${line(...cells(row), '', '', '').trimEnd()}   ${note}`
}

function cells({ server, version, protocol, engine, tls }: Row): Cells {
  return [server, version, protocol, engine ?? '-', tls.replace('TLSv', '')]
}

type Cells = [server: string, version: string, protocol: string, engine: string, tls: string]

function line(...[server, version, protocol, engine, tls, ...numbers]: [...Cells, ...string[]]): string {
  const texts = [server.padEnd(8), version.padEnd(7), protocol.padEnd(8), engine.padEnd(6), tls.padEnd(3)]
  return [...texts, ...numbers.map((text) => text.padStart(8))].join('  ')
}

/** The failures of one row with their causes, and what the server said last. */
export function failureText(row: Row, failures: readonly Failure[], log: string): string {
  const title = `${row.server} ${row.version}, ${row.protocol}, ${row.engine ?? ''}, ${row.tls}`
  // One fault often fails many cases in the same way.
  const groups = Map.groupBy(failures, ({ error }) => causes(error).join('\n  '))
  const messages = [...groups].map(
    ([text, alike]) => `${alike.map(({ name }) => name).join(', ')}:\n  ${text}`,
  )
  return [title, ...messages, ...(log ? ['server log:', indent(log)] : [])]
    .join('\n')
    .replaceAll('\n', '\n  ')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function causes(error: unknown): string[] {
  const texts: string[] = []
  for (let cause = error; cause !== undefined && texts.length < 5; cause = (cause as Error).cause) {
    if (!(cause instanceof Error)) return [...texts, String(cause)]
    const code = 'code' in cause && cause.code !== 'ERR_ASSERTION' ? ` (${cause.code})` : ''
    texts.push(`${texts.length > 0 ? 'because: ' : ''}${cause.name}: ${indent(cause.message).trim()}${code}`)
  }
  return texts
}

export function totalLine(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
