/** docs/cli.md says of commands, options and exit codes what the code says. */
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { EXIT_CODE_TEXTS, ExitCode } from '../../src/cli/exit-codes.ts'
import { readMarkdown } from './support/markdown.ts'

const { rows } = readMarkdown('docs/cli.md')
const tableOf = (section: string) =>
  rows.filter((row) => row.section === section).map(({ cells }) => [cells[0], cells[1]])

test('the commands', () => {
  expect(tableOf('The command line')).toEqual(
    commands.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
  )
})

describe('the options of', () => {
  test.each(commands.map((command) => [command.name, command] as const))('%s', (name, { groups }) => {
    const options = groups.flatMap((group) => group.options)
    // The table stands at the end of what is said of the command, under a heading of its own where that is much.
    const documented = name === 'load' ? tableOf('Options of load') : tableOf(name)
    expect(documented).toEqual(
      options.map(({ name: long, short, value, help }) => [
        `${short === undefined ? '' : `\`-${short}\`, `}\`--${long}${value === undefined ? '' : ` ${value}`}\``,
        help,
      ]),
    )
  })
})

test('the exit codes', () => {
  const meanings = Object.entries(ExitCode).map(([name, code]) => [
    String(code),
    EXIT_CODE_TEXTS[name as keyof typeof ExitCode],
  ])
  expect(tableOf('Exit codes')).toEqual(meanings)
})
