import { stripVTControlCharacters } from 'node:util'

/** Colours of a stream, or none. */
export interface Paint {
  readonly enabled: boolean
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  warn(text: string): string
  bad(text: string): string
  accent(text: string): string
  soft(text: string): string
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
  accent: [36, 39],
  soft: [90, 39],
} as const

export function createPaint(enabled: boolean): Paint {
  const wrap = ([on, off]: readonly [number, number]) =>
    enabled ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text
  return {
    enabled,
    bold: wrap(CODES.bold),
    dim: wrap(CODES.dim),
    good: wrap(CODES.good),
    warn: wrap(CODES.warn),
    bad: wrap(CODES.bad),
    accent: wrap(CODES.accent),
    soft: wrap(CODES.soft),
  }
}

/** `FORCE_COLOR` (but `0`) wants colours, `NO_COLOR` none; else a terminal gets them that is not `dumb`. */
export function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return isTerminal && TERM !== 'dumb'
}

/** Columns that text takes in a terminal, colours not counted. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

// What a server sends may hold control sequences, which must not reach the user's terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text of somebody else made harmless for a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
