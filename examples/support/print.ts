/** Titles, notes, tables and bars. Colours only on a terminal that wants them: `styleText` honours NO_COLOR. */
import { stripVTControlCharacters, styleText } from 'node:util'

export const bold = (text: string) => styleText('bold', text)
export const dim = (text: string) => styleText('dim', text)
export const good = (text: string) => styleText('green', text)
export const bad = (text: string) => styleText('red', text)
export const accent = (text: string) => styleText('cyan', text)

export function title(text: string, ...lead: string[]): void {
  console.log(`\n  ${bold(text)}`)
  for (const line of lead) console.log(`  ${dim(line)}`)
  console.log()
}

/** What to notice: a few sentences, broken into lines. */
export function note(...sentences: string[]): void {
  const lines: string[] = []
  for (const word of sentences.join(' ').split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && widthOf(longer) <= LINE_WIDTH) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  console.log(`\n  ${accent('→')} ${lines.join('\n    ')}`)
}

/** Of notes; tables may be wider. */
const LINE_WIDTH = 84

const NUMBER = /^(?:-|[\d.,]+(?: (?:ms|B|KiB|MiB|%))?)$/

/** Rows under headings, columns aligned: numbers, with their units, to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const columns = headings.map((heading, column) => {
    const cells = rows.map((row) => String(row[column] ?? ''))
    const width = Math.max(heading.length, ...cells.map(widthOf))
    const numeric = cells.every((cell) => NUMBER.test(stripVTControlCharacters(cell)))
    return (text: string) => {
      const padding = ' '.repeat(width - widthOf(text))
      return numeric ? padding + text : text + padding
    }
  })
  const line = (cells: readonly (string | number)[]) =>
    columns
      .map((align, column) => align(String(cells[column] ?? '')))
      .join(' │ ')
      .trimEnd()
  console.log(`  ${dim(line(headings))}`)
  console.log(`  ${dim(columns.map((align) => '─'.repeat(align('').length)).join('─┼─'))}`)
  for (const row of rows) console.log(`  ${line(row)}`)
}

/** `value` of `most`, in blocks that fill `width`. */
export function bar(value: number, most: number, width = 40, block = '█'): string {
  return block.repeat(Math.min(width, Math.max(0, Math.round((value / most) * width))))
}

/** Prints lines that begin with the time since it was made. */
export function startTimeline(): (text: string) => void {
  const startedAt = performance.now()
  return (text) => {
    const passed = `${Math.round(performance.now() - startedAt)} ms`
    console.log(`  ${dim(passed.padStart(8))}  ${text}`)
  }
}

/** The end of every example: its figures as one line of JSON, for scripts and tests. */
export function finish(figures: Readonly<Record<string, unknown>>): void {
  console.log(`\n${JSON.stringify(figures)}`)
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}
