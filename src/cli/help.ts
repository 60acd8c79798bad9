import { COMMON_OPTIONS } from './arguments.ts'
import type { Command, OptionGroup, OptionSpec } from './command.ts'
import { type Paint, padEnd } from './paint.ts'

const WIDEST = 100

/** Help on everything. */
export function overview(commands: readonly Command[], paint: Paint, columns: number): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    `${paint.bold('trunkline')}: HTTP/2 from the command line, with a view of what happens.`,
    '',
    heading('Usage', paint),
    '  trunkline COMMAND [OPTIONS]',
    '',
    heading('Commands', paint),
    ...commands.map(({ name, summary }) => `  ${paint.accent(padEnd(name, width))}  ${summary}`),
    '',
    ...optionLines([{ title: 'Options', options: COMMON_OPTIONS }], paint, columns),
    `${paint.accent('trunkline COMMAND --help')} has details and examples. Exit codes: trunkline help exit-codes.`,
  ].join('\n')
}

/** Help on one command. */
export function helpOn(command: Command, paint: Paint, columns: number): string {
  const { name, usage, about, groups, examples } = command
  return [
    heading('Usage', paint),
    ...usage.map((line) => `  trunkline ${paint.accent(name)} ${line}`.trimEnd()),
    '',
    ...about.flatMap((paragraph) => [...wrap(paragraph, Math.min(columns, WIDEST)), '']),
    ...optionLines([...groups, { title: 'Help', options: COMMON_OPTIONS }], paint, columns),
    heading('Examples', paint),
    ...examples.flatMap(([line, what]) => [`  ${paint.soft(`# ${what}`)}`, `  ${line}`]),
  ].join('\n')
}

function heading(text: string, paint: Paint): string {
  return paint.bold(text)
}

/** `-H, --header NAME: VALUE`. */
export function spelling({ name, short, value }: OptionSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

function optionLines(groups: readonly OptionGroup[], paint: Paint, columns: number): string[] {
  const spellings = groups.flatMap(({ options }) => options.map((option) => spelling(option).length))
  const width = Math.min(Math.max(...spellings), 30)
  const room = Math.max(30, Math.min(columns, WIDEST) - width - 4)
  return groups.flatMap(({ title, options }) => [
    heading(title, paint),
    ...options.flatMap((option) => {
      const written = spelling(option)
      const [first = '', ...rest] = wrap(option.help, room)
      const indent = ' '.repeat(width + 4)
      if (written.length > width)
        return [`  ${paint.accent(written)}`, ...[first, ...rest].map((l) => indent + l)]
      return [`  ${paint.accent(padEnd(written, width))}  ${first}`, ...rest.map((line) => indent + line)]
    }),
    '',
  ])
}

/** Words into lines that are no wider. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
