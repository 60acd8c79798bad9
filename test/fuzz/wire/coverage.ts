/**
 * Counts which branches of the wire engine run: its modules are instrumented as they are loaded, with one counter for
 * each function, branch, case and right-hand side. To be called before they are imported.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const MOST_COUNTERS = 1 << 14
const FOLDER = new URL('../../../src/wire/http2/', import.meta.url).href

/** Passes through each branch, modulo 256, since they were last cleared. */
export const counters = new Uint8Array(MOST_COUNTERS)
let used = 0

/** Branches in the modules that were loaded. */
export function counterCount(): number {
  return used
}

export function instrument(): void {
  Object.assign(globalThis, { fuzzCounters: counters })
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith(FOLDER)) return nextLoad(url, context)
      return { format: 'module', source: instrumented(url), shortCircuit: true }
    },
  })
}

function instrumented(url: string): string {
  const source = ts.sys.readFile(fileURLToPath(url)) ?? ''
  const { outputText } = ts.transpileModule(source, {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
    transformers: { before: [(context) => (file) => ts.visitEachChild(file, visitorOf(context), context)] },
  })
  return `const fuzzCounters = globalThis.fuzzCounters;\n${outputText}`
}

function visitorOf(context: ts.TransformationContext): ts.Visitor {
  const { factory } = context
  const visit: ts.Visitor = (node) => mark(ts.visitEachChild(node, visit, context))

  function count(): ts.Expression {
    const counter = factory.createElementAccessExpression(factory.createIdentifier('fuzzCounters'), used)
    used += 1
    return factory.createPostfixIncrement(counter)
  }

  function block(body: ts.Statement): ts.Block {
    const statements = ts.isBlock(body) ? body.statements : [body]
    return factory.createBlock([factory.createExpressionStatement(count()), ...statements], true)
  }

  function value(expression: ts.Expression): ts.Expression {
    return factory.createParenthesizedExpression(factory.createComma(count(), expression))
  }

  function mark(node: ts.Node): ts.Node {
    if (ts.isIfStatement(node)) {
      const { expression, thenStatement, elseStatement } = node
      return factory.updateIfStatement(
        node,
        expression,
        block(thenStatement),
        block(elseStatement ?? factory.createBlock([])),
      )
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node
      return factory.updateConditionalExpression(
        node,
        condition,
        questionToken,
        value(whenTrue),
        colonToken,
        value(whenFalse),
      )
    }
    if (ts.isBinaryExpression(node) && isLogical(node.operatorToken.kind))
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, value(node.right))
    if (ts.isCaseClause(node))
      return factory.updateCaseClause(node, node.expression, [block(factory.createBlock(node.statements))])
    if (ts.isDefaultClause(node))
      return factory.updateDefaultClause(node, [block(factory.createBlock(node.statements))])
    if (ts.isWhileStatement(node))
      return factory.updateWhileStatement(node, node.expression, block(node.statement))
    if (ts.isForStatement(node))
      return factory.updateForStatement(
        node,
        node.initializer,
        node.condition,
        node.incrementor,
        block(node.statement),
      )
    if (ts.isForOfStatement(node))
      return factory.updateForOfStatement(
        node,
        node.awaitModifier,
        node.initializer,
        node.expression,
        block(node.statement),
      )
    return node
  }
  return visit
}

function isLogical(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  )
}
