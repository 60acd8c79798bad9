/**
 * `node test/wpt/vendor.ts TARBALL`: copies the fetch part of the web-platform-tests into `suite/`, out of the source
 * tarball of Firefox that Debian distributes (a path, or a URL). No package that installs carries these files, and the
 * tarball is too large to fetch for each run of the tests. Its name and digest are kept in `suite/SOURCE.json`.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cp, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** Where the suite is inside of the tarball, under its one top-level folder. */
const SUITE = 'testing/web-platform/tests'
/** Holds the commit of web-platform-tests that the tarball was made with. */
const STAMP = 'testing/web-platform/meta/mozilla-sync'

/** Globs under `SUITE`. Pages, navigation, iframes, media and service workers are left out: they need a browser. */
const WANTED = [
  'LICENSE.md',
  'resources/testharness.js',
  'common/{get-host-info.sub,utils,subset-tests,subset-tests-by-key,gc,sab}.js',
  'common/{redirect.py,text-plain.txt}',
  'xhr/resources/{parse-headers,echo-headers,status}.py',
  'xhr/resources/header*.asis',
  'fetch/api/*.any.js',
  'fetch/api/{abort,basic,body,cors,credentials,headers,redirect,request,response}/*.js',
  'fetch/api/request/{request-clone,request-init-001,request-init-003}.sub.html',
  'fetch/api/request/url-encoding.html',
  'fetch/api/response/response-consume.html',
  'fetch/api/{cors,headers,request,response}/resources/*.{js,json,py}',
  'fetch/api/resources/*.{py,js,json,txt,headers}',
  'fetch/content-encoding/*/*.any.js',
  'fetch/content-encoding/*/resources/*',
  'fetch/content-length/*.js',
  'fetch/content-length/resources/*',
  'fetch/content-type/{multipart*,response*}.js',
  'fetch/content-type/resources/*',
  'fetch/data-urls/*.any.js',
  'fetch/data-urls/resources/*',
  'fetch/h1-parsing/{lone-cr,status-code}.window.js',
  'fetch/h1-parsing/resources/{message,status-code}.py',
  'fetch/range/*.any.js',
  'fetch/range/resources/{long-wav,partial-text,stash-take}.py',
  'fetch/security/1xx-response.any.js',
  'FileAPI/url/url-with-fetch.any.js',
  'FileAPI/url/resources/fetch-tests.js',
  'wasm/jsapi/{assertions,bad-imports,instanceTestFactory,wasm-module-builder}.js',
  'wasm/webapi/[!i]*.any.js',
  'wasm/webapi/in*.any.js',
  'wasm/incrementer.wasm',
  'wasm/webapi/{status.py,resources/*}',
]

const folder = join(dirname(fileURLToPath(import.meta.url)), 'suite')
const [source] = process.argv.slice(2)
if (source === undefined) throw new Error('Give the path or the URL of firefox-esr_VERSION.orig.tar.xz')

const scratch = await mkdtemp(join(tmpdir(), 'wpt-'))
try {
  const sha256 = await unpack(source, scratch)
  await rm(folder, { recursive: true, force: true })
  const files = await copyWanted(join(scratch, SUITE))
  const stamp = await readFile(join(scratch, STAMP), 'utf8')
  const origin = {
    package: basename(source),
    sha256,
    suite: SUITE,
    commit: /upstream: ([0-9a-f]{40})/.exec(stamp)?.[1] ?? null,
    files,
  }
  await writeFile(join(folder, 'SOURCE.json'), `${JSON.stringify(origin, null, 2)}\n`)
  console.log(origin)
} finally {
  await rm(scratch, { recursive: true, force: true })
}

/** Streams the tarball through `tar`; nothing but the suite reaches the disk. Resolves to its SHA-256. */
async function unpack(from: string, into: string): Promise<string> {
  const folders = ['LICENSE.md', 'resources', 'common', 'xhr', 'fetch', 'FileAPI', 'wasm']
  const patterns = [...folders.map((name) => `*/${SUITE}/${name}*`), `*/${STAMP}`]
  const args = ['-xJ', '-C', into, '--strip-components=1', '--wildcards', ...patterns]
  const tar = spawn('tar', args, { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => tar.on('exit', resolve).on('error', reject))
  const hash = createHash('sha256')
  for await (const chunk of await open(from)) {
    hash.update(chunk)
    if (!tar.stdin.write(chunk)) await new Promise((resolve) => tar.stdin.once('drain', resolve))
  }
  tar.stdin.end()
  const code = await ended
  if (code !== 0) throw new Error(`tar failed with ${code}`)
  return hash.digest('hex')
}

async function open(from: string): Promise<Readable> {
  if (!URL.canParse(from)) return createReadStream(from)
  const response = await fetch(from)
  if (!response.ok || response.body === null) throw new Error(`${from}: ${response.status}`)
  return Readable.fromWeb(response.body)
}

async function copyWanted(from: string): Promise<number> {
  let files = 0
  for await (const file of glob(WANTED, { cwd: from })) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(from, file), join(folder, file))
    files++
  }
  return files
}
