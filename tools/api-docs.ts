/**
 * `npm run docs:api`: the API reference as HTML in `site/api/`, made from the doc comments. Everything that is exported
 * must be documented, every type that is mentioned must be in it, and every link must lead somewhere: else it fails.
 *
 *   --check   only look; write nothing
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Application, type ProjectReflection, type TypeDocOptions } from 'typedoc'
import { subpaths } from './subpaths.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Shapes that no caller has to name: parts of other types, kept out so that they can change. */
const INTERNAL = [
  'src/core/call.ts:Call',
  'src/core/dispatch.ts:FetchRules',
  'src/core/dispatch.ts:Journey',
  'src/core/dispatch.ts:TunnelRequest',
  'src/core/origin.ts:Target',
  'src/core/body-queue.ts:Explain',
  'src/core/body-queue.ts:Listener',
  'src/interceptors/hooks.ts:Maybe',
  'src/map.ts:Fetchable',
  'src/map.ts:Inputs',
  'src/map.ts:Results',
  'src/map.ts:Throwing',
  'src/websocket/web-socket.ts:Sent',
  'src/integrations/http2-wrapper/agents.ts:BridgeHttpAgent',
  'src/integrations/http2-wrapper/agents.ts:BridgeHttpsAgent',
  'src/integrations/http2-wrapper/stream-agent.ts:StreamAgent',
  'src/integrations/mock/answer.ts:Chunks',
  'src/integrations/undici/dispatcher.ts:Callback',
  'src/testing/flow-control.ts:FlowControl',
  'src/testing/raw-http1-connection.ts:RawHttp1ConnectionOptions',
  'src/testing/raw-options.ts:RawConnectionOptions',
  'src/testing/raw-request.ts:RawRequestOptions',
  'src/testing/raw-request.ts:StreamTable',
  'src/testing/raw-transport.ts:RawTransport',
]

const options: TypeDocOptions = {
  name: 'Trunkline',
  entryPoints: subpaths().map(({ source }) => `${root}${source}`),
  tsconfig: `${root}tsconfig.json`,
  out: `${root}site/api`,
  readme: 'none',
  // The compiler is a gate of its own.
  skipErrorChecking: true,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  githubPages: false,
  intentionallyNotExported: INTERNAL,
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Variable', 'Function', 'Method', 'Enum'],
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    notDocumented: true,
    unusedMergeModuleWith: true,
  },
  treatWarningsAsErrors: true,
  logLevel: 'Warn',
}

/** Converts and checks; `write` makes the pages too. Returns whether nothing was wrong. */
export async function makeReference(write: boolean): Promise<boolean> {
  const app = await Application.bootstrap(options)
  const project = await app.convert()
  if (project === undefined) return false
  nameBySubpath(project)
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return false
  if (write) await app.generateOutputs(project)
  return !app.logger.hasErrors() && !app.logger.hasWarnings()
}

/** TypeDoc calls modules by their files; users know them as what they import. */
function nameBySubpath(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    const file = module.name
    const found = subpaths().find(
      ({ source }) => source.replace(/^src\//, '').replace(/(?:\/index)?\.ts$/, '') === file,
    )
    if (found !== undefined) module.name = found.specifier
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  process.exitCode = (await makeReference(!values.check)) ? 0 : 1
}
