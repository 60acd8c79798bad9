import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** One import line, wherever it stands: `import`, `export from`, `import()`, `require()` or an import type. */
export interface ImportLine {
  /** As written. */
  readonly specifier: string
  /** For relative imports, the path from `src/`; null for packages and Node's own modules. */
  readonly target: string | null
  /** Leaves no trace at run time: `import type`, `export type`, `import('x').Y`. */
  readonly typeOnly: boolean
  readonly line: number
}

export interface SourceModule {
  /** From `src/`, with forward slashes. */
  readonly path: string
  readonly lines: number
  readonly imports: readonly ImportLine[]
  /** Whether the file leaves any code behind when types are stripped, imports aside. */
  readonly hasRuntimeCode: boolean
}

const sourceFolder = join(dirname(fileURLToPath(import.meta.url)), '../../src')

export function readSourceModules(): SourceModule[] {
  return readdirSync(sourceFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => parseModule(relative(sourceFolder, file).replaceAll(sep, '/'), readFileSync(file, 'utf8')))
}

export function parseModule(path: string, text: string): SourceModule {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: ImportLine[] = []
  const visit = (node: ts.Node): void => {
    const found = importOf(node)
    if (found) {
      const { specifier, typeOnly } = found
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      imports.push({ specifier, target, typeOnly, line })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  const lines = text.trimEnd().split('\n').length
  return { path, lines, imports, hasRuntimeCode: source.statements.some(isRuntimeCode) }
}

function importOf(node: ts.Node): { specifier: string; typeOnly: boolean } | null {
  if (ts.isImportDeclaration(node)) {
    return found(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier)
    return found(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return found(node.argument.literal, true)
  if (ts.isCallExpression(node) && isLoad(node.expression)) return found(node.arguments[0], false)
  return null
}

function found(node: ts.Node | undefined, typeOnly: boolean) {
  return node && ts.isStringLiteralLike(node) ? { specifier: node.text, typeOnly } : null
}

function isLoad(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true
  return ts.isIdentifier(callee) && callee.text === 'require'
}

function isRuntimeCode(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return false
  if (ts.isImportDeclaration(statement)) return false
  return !(ts.isExportDeclaration(statement) && statement.isTypeOnly)
}
