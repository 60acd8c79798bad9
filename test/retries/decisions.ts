/** The decision table of docs/retries.md as data. */
import type { RetryOptions } from '../../src/index.ts'
import { readMarkdown } from '../docs/support/markdown.ts'

/** What comes out of a request, in the words of the table; empty where nothing is to be said. */
export interface Result {
  /** `replay`, `retry`, `error`, `body error`, `abort`, or `response` with its status. */
  readonly outcome: string
  readonly error: string
  readonly processed: string
  readonly attempts: string
  readonly seen: string
}

export interface Decision {
  /** Line in docs/retries.md. */
  readonly line: number
  readonly fault: string
  readonly request: string
  readonly body: string
  readonly options: string
  readonly expected: Result
}

const page = readMarkdown('docs/retries.md')

/** Every row of the table, in order. */
export const decisions: readonly Decision[] = page.rows
  .filter(({ section, cells }) => section === 'What happens when' && cells.length === 9)
  .map(({ line, cells }) => {
    const [fault, request, body, options, outcome, error, processed, attempts, seen] = cells.map((cell) =>
      cell.trim(),
    ) as [string, string, string, string, string, string, string, string, string]
    const expected = { outcome, error, processed, attempts, seen }
    return { line, fault, request, body, options, expected }
  })

/** The options that the table names, from the small table behind it. */
export const optionsByName: ReadonlyMap<string, RetryOptions> = new Map(
  page.rows
    .filter(({ section, cells }) => section === 'What happens when' && cells.length === 2)
    .map(({ cells }) => [cells[0] as string, JSON.parse((cells[1] as string).replaceAll('`', ''))]),
)

/** The decision in one line. */
export function titleOf({ line, fault, request, body, options, expected }: Decision): string {
  const what = body === 'none' ? request : `${request} with ${body}`
  const how = options === '' ? '' : `, ${options}`
  return `${fault}: ${what}${how} -> ${expected.outcome} (line ${line})`
}
