/** The documentation as data: code blocks, links, headings and tables, each with its line. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')

export interface CodeBlock {
  readonly file: string
  /** Line of the first line of code, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
}

export interface Link {
  readonly line: number
  readonly target: string
}

export interface TableRow {
  readonly line: number
  /** The heading it stands under. */
  readonly section: string
  readonly cells: readonly string[]
}

export interface MarkdownFile {
  /** From the root of the repository. */
  readonly path: string
  readonly blocks: readonly CodeBlock[]
  readonly links: readonly Link[]
  /** Anchors that links may name, as GitHub makes them from headings. */
  readonly anchors: ReadonlySet<string>
  /** Rows of tables, without their heads. */
  readonly rows: readonly TableRow[]
  /** Everything but code blocks. */
  readonly prose: string
}

/** Files whose code runs and whose statements are checked. */
export function guides(): MarkdownFile[] {
  const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  return ['README.md', 'SECURITY.md', ...inDocs.sort().map((name) => `docs/${name}`)].map(readMarkdown)
}

/** Every page of the project that a reader may come to. */
export function allPages(): MarkdownFile[] {
  return [...guides(), ...['CONTRIBUTING.md', 'CHANGELOG.md', 'certs/README.md'].map(readMarkdown)]
}

export function readMarkdown(path: string): MarkdownFile {
  return parseMarkdown(path, readFileSync(join(root, path), 'utf8'))
}

export function parseMarkdown(path: string, text: string): MarkdownFile {
  const blocks: CodeBlock[] = []
  const links: Link[] = []
  const anchors = new Set<string>()
  const rows: TableRow[] = []
  const prose: string[] = []
  let open: { language: string; line: number; code: string[] } | null = null
  let section = ''
  let inTable = false
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line)
    if (open !== null) {
      if (fence === null) open.code.push(line)
      else {
        blocks.push({ file: path, ...open, code: open.code.join('\n') })
        open = null
      }
      continue
    }
    if (fence !== null) {
      open = { language: fence[1] ?? '', line: index + 2, code: [] }
      continue
    }
    prose.push(line)
    const heading = /^#{1,6} (.+)$/.exec(line)?.[1]
    if (heading !== undefined) {
      section = plain(heading)
      anchors.add(slug(section))
    }
    for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ line: index + 1, target })
    const cells = cellsOf(line)
    if (cells !== null && inTable && !isRuler(cells)) rows.push({ line: index + 1, section, cells })
    inTable = cells !== null
  }
  if (open !== null) throw new Error(`${path}:${open.line}: a code block has no end`)
  return { path, blocks, links, anchors, rows, prose: prose.join('\n') }
}

/** Text without marks of emphasis and code. */
export function plain(text: string): string {
  return text.replace(/[`*]/g, '').trim()
}

/** What stands in backticks, in order. */
export function inlineCode(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

function cellsOf(line: string): string[] | null {
  if (!line.startsWith('|')) return null
  const cells = line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/)
  return cells.map((cell) => cell.replaceAll('\\|', '|').trim())
}

function isRuler(cells: readonly string[]): boolean {
  return cells.every((cell) => /^:?-+:?$/.test(cell))
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
