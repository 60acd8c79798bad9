/** What the sources declare, read from their syntax: the documentation is compared with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './markdown.ts'

/** A file of `src/`, by its path from there. */
export function parseSource(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readSource(path), ts.ScriptTarget.Latest, true)
}

export function readSource(path: string): string {
  return readFileSync(join(root, 'src', path), 'utf8')
}

export function sourcePaths(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  )
}

/** The properties of an interface, and the name of each one's type where it has one. */
export function propertiesOf(source: ts.SourceFile, name: string): Map<string, string | null> {
  const declared = source.statements.find(
    (one): one is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(one) && one.name.text === name,
  )
  if (declared === undefined) throw new Error(`${source.fileName} declares no interface ${name}`)
  const properties = declared.members.filter(ts.isPropertySignature)
  return new Map(properties.map(({ name, type }) => [name.getText(), typeName(type)]))
}

/** The strings of a union type, those of the unions it names included. */
export function stringsOf(source: ts.SourceFile, name: string): string[] {
  const declared = source.statements.find(
    (one): one is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(one) && one.name.text === name,
  )
  if (declared === undefined) throw new Error(`${source.fileName} declares no type ${name}`)
  const members = ts.isUnionTypeNode(declared.type) ? declared.type.types : [declared.type]
  return members.flatMap((member) => {
    if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) return [member.literal.text]
    return stringsOf(source, member.getText())
  })
}

/** Which class carries which type of code: `declare readonly code: ConnectErrorCode`. */
export function codeTypesByClass(source: ts.SourceFile): Map<string, string> {
  const classes = source.statements.filter(ts.isClassDeclaration)
  const pairs = classes.flatMap((one) => {
    const code = one.members.filter(ts.isPropertyDeclaration).find(({ name }) => name.getText() === 'code')
    const isDeclared = code?.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false
    return isDeclared ? [[one.name?.text ?? '', code?.type?.getText() ?? ''] as const] : []
  })
  return new Map(pairs)
}

/** The keys of a constant object, and the strings in the array that each one has. */
export function stringTableOf(source: ts.SourceFile, name: string): Map<string, string[]> {
  const found = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find((one) => one.name.getText() === name)
  const object = found?.initializer
  if (object === undefined || !ts.isObjectLiteralExpression(object))
    throw new Error(`${source.fileName} has no constant object ${name}`)
  const entries = object.properties.filter(ts.isPropertyAssignment).map(({ name, initializer }) => {
    const elements = ts.isArrayLiteralExpression(initializer) ? [...initializer.elements] : []
    return [name.getText(), elements.filter(ts.isStringLiteral).map(({ text }) => text)] as const
  })
  return new Map(entries)
}

function typeName(type: ts.TypeNode | undefined): string | null {
  return type !== undefined && ts.isTypeReferenceNode(type) ? type.typeName.getText() : null
}
