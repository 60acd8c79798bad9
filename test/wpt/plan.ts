/** Which files of the suite run, over which protocol, and why others do not. */
import { globSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { type Protocol, SUITE_ROOT, type WptServer } from './server/server.ts'
import { type Place, readScript, readSuiteFile } from './server/static-files.ts'

export interface Case {
  /** Path in the suite with its variant: `fetch/api/basic/status.h2.any.js`, `a.any.js?1-8`. */
  readonly name: string
  readonly path: string
  readonly variant: string
  readonly protocol: Protocol
  /** Why it is not run; null for one that is. */
  readonly skip: string | null
}

export interface Script {
  readonly name: string
  readonly code: string
}

const NEEDS_DOCUMENT = 'needs a document: iframes, elements, or navigation'
const NO_CACHE = 'needs an HTTP cache or the Cache API: neither is part of Node'
const NO_CORS = 'CORS is enforced by browsers against pages; Node has none, on the platform as here'
const OTHERS_OBJECT = "tests interfaces of the global scope, which stay the platform's own"

const SKIPPED: readonly (readonly [RegExp, string])[] = [
  [/^fetch\/api\/abort\/cache\.https/, NO_CACHE],
  [/^fetch\/api\/basic\/conditional-get/, NO_CACHE],
  [/^fetch\/api\/request\/request-cache-(default|force-cache|only-if-cached)/, NO_CACHE],
  [/^fetch\/api\/cors\/(?!cors-(no-preflight|redirect-credentials))/, NO_CORS],
  [/keepalive|^fetch\/api\/basic\/mediasource|iframe\.window|realm\.window/, NEEDS_DOCUMENT],
  [/navigation\.https\.window/, NEEDS_DOCUMENT],
  [/idlharness/, OTHERS_OBJECT],
]

/** They need bytes on the wire that HTTP/2 cannot express. */
const HTTP1_ONLY =
  /^fetch\/(h1-parsing|content-length)\/|^fetch\/api\/basic\/(header-value-|request-headers-case)|^wasm\/webapi\/status/

/**
 * Either they are about HTTP/2, or what takes long in them is the same over both; and node:http itself does not bear
 * the getters that the last one puts on Object.prototype.
 */
const HTTP2_ONLY = /\.h2\.|^fetch\/content-encoding\/\w+\/big-|^fetch\/api\/basic\/stream-safe-creation/

export async function planCases(protocol: Protocol, filter = ''): Promise<Case[]> {
  const paths = globSync('{fetch,FileAPI,wasm}/**/*.{any.js,window.js,html}', { cwd: SUITE_ROOT })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('/resources/'))
    .sort()
  const cases: Case[] = []
  for (const path of paths) {
    const source = String(await readSuiteFile(SUITE_ROOT, path))
    if (!runsOver(protocol, path, source)) continue
    const skip = SKIPPED.find(([pattern]) => pattern.test(path))?.[1] ?? null
    for (const variant of metaValues(source, 'variant', [''])) {
      const name = path + variant
      if (name.includes(filter)) cases.push({ name, path, variant, protocol, skip })
    }
  }
  return cases
}

/** A file that never calls `fetch` has nothing to do with a protocol: once is enough. */
function runsOver(protocol: Protocol, path: string, source: string): boolean {
  if (HTTP2_ONLY.test(path)) return protocol === 'h2'
  if (HTTP1_ONLY.test(path)) return protocol === 'h1'
  const calls = /\bfetch\w*\s*\(|\brequestForbiddenHeaders\(/.test(source.replace(/^\s*\/\/.*$/gm, ''))
  const helpers = metaValues(source, 'script', []).some(
    (helper) => !/^\/common\/|resources\/utils\.js/.test(helper),
  )
  return calls || helpers || protocol === 'h2'
}

/** Where the page of the test would be. */
export function locationOf({ path, variant, protocol }: Case, { origins }: WptServer): URL {
  const origin = path.includes('.h2.')
    ? origins.h2
    : protocol === 'h2' || path.includes('.https.')
      ? origins.https
      : origins.http
  return new URL(`/${path}${variant}`, origin)
}

/** The scripts of a test in the order in which a page would run them. */
export async function scriptsOf(one: Case, location: URL, place: Place): Promise<Script[]> {
  const read = async (path: string): Promise<Script> => ({
    name: path,
    code: await readScript(SUITE_ROOT, path, location, place),
  })
  const own = await read(`/${one.path}`)
  const resolve = (path: string) => posix.resolve(`/${dirname(one.path)}`, path)
  if (one.path.endsWith('.html')) return pageScripts(own, (path) => read(resolve(path)))
  const helpers = metaValues(own.code, 'script', []).map((path) => read(resolve(path)))
  return [...(await Promise.all(helpers)), own]
}

function metaValues(source: string, name: string, otherwise: readonly string[]): readonly string[] {
  const values = [...source.matchAll(new RegExp(`^// META: ${name}=(.*)$`, 'gm'))].map(([, value]) =>
    value!.trim(),
  )
  return values.length === 0 ? otherwise : values
}

async function pageScripts(page: Script, read: (path: string) => Promise<Script>): Promise<Script[]> {
  const scripts: Script[] = []
  for (const [, attributes = '', code = ''] of page.code.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)) {
    const source = /src\s*=\s*["']?([^"'\s>]+)/.exec(attributes)?.[1]
    if (source === undefined) scripts.push({ name: page.name, code })
    else if (!source.startsWith('/resources/testharness')) scripts.push(await read(source))
  }
  return scripts
}
