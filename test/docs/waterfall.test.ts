/** docs/waterfall.md names the options, phases and limits of the code. */
import { expect, test } from 'vitest'
import { PHASES, record } from '../../src/telemetry/inspect/index.ts'
import { inlineCode, readMarkdown } from './support/markdown.ts'

const { rows } = readMarkdown('docs/waterfall.md')
const namesIn = (section: string) =>
  rows.filter((row) => row.section === section).flatMap(({ cells }) => inlineCode(cells[0] ?? ''))

test('it has every option, and no other', () => {
  const named = namesIn('What is recorded').filter((name) => /^\w+$/.test(name) && name !== 'using')
  // A wrong option is answered with those that there are.
  expect(() => record({ unknown: 1 } as never)).toThrow(`The options are ${named.join(', ')}.`)
})

test('it has every phase', () => {
  expect(namesIn('The page').filter((name) => (PHASES as readonly string[]).includes(name))).toEqual([
    ...PHASES,
  ])
})
