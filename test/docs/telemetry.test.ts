/** docs/telemetry.md lists every event, timing and figure that the code has, with every field, and no other. */
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { EVENT_NAMES } from '../../src/core/events.ts'
import { inlineCode, readMarkdown } from './support/markdown.ts'
import { parseSource } from './support/source.ts'

const page = readMarkdown('docs/telemetry.md')

/** The first code of each row in a section's tables. */
function namesUnder(section: string): string[] {
  return page.rows
    .filter((row) => row.section === section)
    .map(({ cells }) => inlineCode(cells[0] ?? '')[0] ?? '')
}

/** Fields of an interface, those that it inherits from others in its file included. */
function fieldsOf(source: ts.SourceFile, name: string): string[] {
  const declared = source.statements.find(
    (one): one is ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
      (ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one)) && one.name.text === name,
  )
  if (declared === undefined) return []
  if (ts.isTypeAliasDeclaration(declared)) return fieldsOf(source, declared.type.getText())
  const bases = (declared.heritageClauses ?? []).flatMap(({ types }) =>
    types.map(({ expression }) => expression),
  )
  const own = declared.members.filter(ts.isPropertySignature).map((member) => member.name.getText())
  return [...bases.flatMap((base) => fieldsOf(source, base.getText())), ...own]
}

describe('events', () => {
  const sections = ['Calls', 'Dials', 'Connections', 'Circuits']
  const rows = page.rows.filter(({ section }) => sections.includes(section))
  const payloads = parseSource('core/event-payloads.ts')

  /** What the sentence above a table says that all of its events have. */
  const common: Readonly<Record<string, readonly string[]>> = {
    Calls: ['requestId', 'correlationId'],
    Dials: ['dialId', 'origin'],
    Connections: ['connectionId'],
    Circuits: [],
  }

  test('the tables have every event, and no other', () => {
    expect(rows.map(({ cells }) => inlineCode(cells[0] ?? '')[0]).sort()).toEqual([...EVENT_NAMES].sort())
  })

  test('the sentence above each table says what is left out of it', () => {
    for (const [section, names] of Object.entries(common).filter(([, fields]) => fields.length > 0))
      expect(page.prose).toContain(
        `### ${section}\n\nEach has ${names.map((name) => `\`${name}\``).join(' and ')}, and what the table says.`,
      )
  })

  test.each(rows.map((row) => [inlineCode(row.cells[0] ?? '')[0] ?? '', row] as const))(
    'the fields of %s are those of its type',
    (name, row) => {
      const told = [...inlineCode(row.cells[2] ?? ''), ...(common[row.section] ?? []), 'at']
      expect(told.sort()).toEqual(fieldsOf(payloads, payloadOf(name)).sort())
    },
  )

  /** The name of the type in the table of `core/events.ts`. */
  function payloadOf(event: string): string {
    const table = parseSource('core/events.ts').statements.find(
      (one): one is ts.InterfaceDeclaration =>
        ts.isInterfaceDeclaration(one) && one.name.text === 'TrunklineEvents',
    )
    const member = table?.members
      .filter(ts.isPropertySignature)
      .find((one) => one.name.getText().replaceAll("'", '') === event)
    return member?.type?.getText() ?? ''
  }
})

describe('fields', () => {
  /** Sections of the page, and the interfaces whose fields their tables list. Others that tell figures add theirs. */
  const TABLES: readonly [
    section: string,
    interfaces: readonly [file: string, name: string][],
    leftOut?: string[],
  ][] = [
    ['Client', [['stats.ts', 'ClientStats']]],
    ['Origin', [['stats.ts', 'OriginStats']]],
    [
      'Connection',
      [
        ['stats.ts', 'PooledConnectionStats'],
        ['wire/contract.ts', 'ConnectionStats'],
      ],
      // `standing` takes its place.
      ['state'],
    ],
    ['Snapshot', [['stats.ts', 'ClientSnapshot']], fieldsOf(parseSource('stats.ts'), 'ClientStats')],
    ['History', [['figures.ts', 'OriginHistory']]],
  ]

  test.each(TABLES)('under %s are those of the code', (section, interfaces, leftOut = []) => {
    const declared = interfaces.flatMap(([file, name]) => fieldsOf(parseSource(file), name))
    expect(namesUnder(section).sort()).toEqual(declared.filter((name) => !leftOut.includes(name)).sort())
  })

  test('timings of responses and of errors', () => {
    const timings = fieldsOf(parseSource('core/dispatch.ts'), 'Timings')
    const phases = fieldsOf(parseSource('core/phase-timings.ts'), 'PhaseTimings')
    expect(namesUnder('Timings').sort()).toEqual([...timings, ...phases].sort())
  })
})
