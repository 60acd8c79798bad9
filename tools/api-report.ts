/**
 * `npm run api`: writes what each subpath exports to `api/*.api.md`, from the built declarations, without comments and
 * in a fixed order. The files are kept with the sources: a change of the API shows in review, and a test fails until
 * it was made on purpose.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { type Subpath, subpaths } from './subpaths.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
export const reportFolder = join(root, 'api')

const printer = ts.createPrinter({ removeComments: true })

/** The text of each report, by the name of its file. */
export function apiReports(): Map<string, string> {
  const files = new Map(subpaths().map((one) => [one, join(root, 'dist', `${one.name}.d.ts`)]))
  const program = ts.createProgram([...files.values()], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const reports = new Map<string, string>()
  // Types that a subpath only passes on are told once, where they come first.
  const told = new Set<ts.Symbol>()
  for (const [subpath, file] of files) {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error('There is no dist/: run `npm run build` first')
    reports.set(`${subpath.name}.api.md`, reportOf(subpath, source, checker, told))
  }
  return reports
}

function reportOf(
  { specifier }: Subpath,
  source: ts.SourceFile,
  checker: ts.TypeChecker,
  told: Set<ts.Symbol>,
): string {
  const module = checker.getSymbolAtLocation(source)
  const exported = module === undefined ? [] : checker.getExportsOfModule(module)
  const symbols = exported.map((symbol) => [symbol.name, original(symbol, checker)] as const)
  const repeated = symbols.filter(([, symbol]) => told.has(symbol)).map(([name]) => name)
  const own = symbols.filter(([, symbol]) => !told.has(symbol))
  for (const [, symbol] of own) told.add(symbol)
  const hidden = mentioned(
    own.map(([, symbol]) => symbol),
    checker,
    told,
  )
  return [
    `# ${specifier}`,
    'Made by `npm run api`. Comments and bodies are left out.',
    ...section('Exports', own),
    ...section('Mentioned by them, not exported', hidden),
    ...(repeated.length > 0 ? [`## Exported by an earlier subpath too`, repeated.sort().join(', ')] : []),
    '',
  ].join('\n\n')
}

function section(title: string, symbols: readonly (readonly [string, ts.Symbol])[]): string[] {
  if (symbols.length === 0) return []
  const texts = symbols
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, symbol]) => textOf(name, symbol))
  return [`## ${title}`, `\`\`\`ts\n${texts.join('\n\n')}\n\`\`\``]
}

function textOf(name: string, symbol: ts.Symbol): string {
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
    const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    return text.replace(/^(?:export )?(?:declare )?/, '')
  })
  const local = symbol.name === name ? '' : `// as ${name}\n`
  return `${local}${texts.join('\n')}`
}

/** The declarations of ours that these reach through their types, and nobody exports. */
function mentioned(
  roots: readonly ts.Symbol[],
  checker: ts.TypeChecker,
  told: Set<ts.Symbol>,
): readonly (readonly [string, ts.Symbol])[] {
  const found: [string, ts.Symbol][] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      if (symbol !== undefined) reach(original(symbol, checker))
    }
    ts.forEachChild(node, visit)
  }
  const reach = (symbol: ts.Symbol): void => {
    if (told.has(symbol) || !isOurs(symbol)) return
    told.add(symbol)
    found.push([symbol.name, symbol])
    symbol.declarations?.forEach(visit)
  }
  for (const symbol of roots) symbol.declarations?.forEach(visit)
  return found
}

/** Declared at the top of a file in `dist/`; members and parameters are told with what they belong to. */
function isOurs({ declarations }: ts.Symbol): boolean {
  const [first] = declarations ?? []
  if (first === undefined) return false
  const statement = ts.isVariableDeclaration(first) ? first.parent.parent : first
  // A module as a whole, as behind `import * as`, has no parent.
  if (ts.isSourceFile(statement) || !ts.isSourceFile(statement.parent)) return false
  return statement.getSourceFile().fileName.startsWith(join(root, 'dist'))
}

function original(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
}

async function write(): Promise<void> {
  await mkdir(reportFolder, { recursive: true })
  const reports = apiReports()
  for (const name of await readdir(reportFolder)) {
    if (!reports.has(name)) await rm(join(reportFolder, name))
  }
  for (const [name, text] of reports) await writeFile(join(reportFolder, name), text)
}

if (import.meta.main) await write()
