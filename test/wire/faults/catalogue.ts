/** The numbers of faults.md section 2, and where the suite has those that are in no test title of this folder. */

export const LAST_NUMBER = 165

/** Cases that other files have, under the title (or a part of it) that proves them. */
export const ELSEWHERE: Readonly<
  Record<number, readonly { readonly file: string; readonly test: string }[]>
> = {}

/** The numbers in the title of a test: `#54 :status missing`. */
export function numbersOf(title: string): number[] {
  return [...title.matchAll(/(?:^|\s)#(\d+)(?=\s)/g)].map(([, digits]) => Number(digits))
}

export type CaseResult = 'passed' | 'failed' | 'skipped' | 'todo'

export interface CaseTest {
  readonly title: string
  readonly result: CaseResult
  readonly note?: string | undefined
}

export interface Account {
  /** Every test of the case passed. */
  readonly met: number[]
  /** Tests passed, and some were skipped: the engine cannot meet all of it. */
  readonly inPart: number[]
  readonly failed: number[]
  readonly skipped: number[]
  readonly missing: number[]
  readonly elsewhere: number[]
  readonly unaccounted: number[]
}

/** Each number once: by the worst of its tests, or by where else it is. */
export function account(tests: readonly CaseTest[]): Account {
  const byNumber = new Map<number, CaseResult[]>()
  for (const { title, result } of tests)
    for (const number of numbersOf(title)) byNumber.set(number, [...(byNumber.get(number) ?? []), result])
  const sum: Account = {
    met: [],
    inPart: [],
    failed: [],
    skipped: [],
    missing: [],
    elsewhere: [],
    unaccounted: [],
  }
  for (let number = 1; number <= LAST_NUMBER; number += 1)
    sum[kindOf(byNumber.get(number), ELSEWHERE[number] !== undefined)].push(number)
  return sum
}

function kindOf(results: readonly CaseResult[] | undefined, elsewhere: boolean): keyof Account {
  if (results === undefined) return elsewhere ? 'elsewhere' : 'unaccounted'
  if (results.includes('failed')) return 'failed'
  if (results.every((result) => result === 'passed')) return 'met'
  if (results.includes('passed')) return 'inPart'
  return results.includes('todo') ? 'missing' : 'skipped'
}

/** The account in words, with the reasons for whatever is not met. */
export function accountText(tests: readonly CaseTest[]): string {
  const { met, inPart, failed, skipped, missing, elsewhere, unaccounted } = account(tests)
  const lines = [
    `Fault catalogue: ${LAST_NUMBER} cases: ${met.length} met, ${inPart.length} met as far as the engine can, ` +
      `${failed.length} failed, ${skipped.length} skipped, ${missing.length} not built, ` +
      `${elsewhere.length} elsewhere, ${unaccounted.length} not accounted for`,
  ]
  for (const { title, result, note } of tests)
    if (result === 'skipped' || result === 'todo') lines.push(`  ${result}: ${titleWith(title, note)}`)
  for (const number of elsewhere)
    for (const { file, test } of ELSEWHERE[number] ?? [])
      lines.push(`  elsewhere: #${number} ${file}: ${test}`)
  for (const { title, result } of tests) if (result === 'failed') lines.push(`  failed: ${title}`)
  if (unaccounted.length > 0) lines.push(`  not accounted for: ${unaccounted.join(', ')}`)
  return lines.join('\n')
}

function titleWith(title: string, note: string | undefined): string {
  return note === undefined || title.includes(note) ? title : `${title} (${note})`
}
