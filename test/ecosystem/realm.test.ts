/**
 * A test runner such as Jest loads a package in a realm of its own: `Error` there is not the `Error` of what Node's
 * modules throw. Here the package as built is loaded as it would be there.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire, isBuiltin } from 'node:module'
import type { AddressInfo } from 'node:net'
import { compileFunction, createContext, runInContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { Cleanup } from '../support/cleanup.ts'

type Package = typeof import('trunkline')
type Module = { exports: unknown }

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** What Node adds to the language. */
const SHARED = ['Buffer', 'process', 'URL', 'AbortSignal', 'AbortController', 'fetch'].concat(
  ['Request', 'Response', 'Headers', 'FormData', 'Blob', 'File', 'URLSearchParams', 'DOMException'],
  ['TextEncoder', 'TextDecoder', 'queueMicrotask', 'performance', 'structuredClone', 'Event', 'EventTarget'],
)

/** Of a browser, as under jsdom: numbers for timers, and neither `setImmediate` nor `ReadableStream`. */
const WINDOW = { setTimeout: () => 1, clearTimeout: () => {} }

function newRealm() {
  const outer = globalThis as unknown as Record<string, unknown>
  const context = createContext({
    ...Object.fromEntries(SHARED.map((name) => [name, outer[name]])),
    ...WINDOW,
  })
  const loaded = new Map<string, Module>()
  const load = (path: string): unknown => {
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const module: Module = { exports: {} }
    loaded.set(path, module)
    const { resolve } = createRequire(path)
    const require = (name: string) => (isBuiltin(name) ? process.getBuiltinModule(name) : load(resolve(name)))
    const names = ['module', 'exports', 'require', '__filename']
    const run = compileFunction(readFileSync(path, 'utf8'), names, {
      filename: path,
      parsingContext: context,
    })
    run(module, module.exports, require, path)
    return module.exports
  }
  const trunkline = load(createRequire(import.meta.url).resolve('trunkline')) as Package
  return { trunkline, inside: (code: string) => runInContext(code, context) }
}

async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/cut')
      response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy())
    else request.pipe(response)
  }).listen(0, '127.0.0.1')
  cleanup.add(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('failures are those of fetch, whatever realm the system error is of', async () => {
  const { trunkline, inside } = newRealm()
  const client = trunkline.createClient({ retry: false })
  cleanup.add(() => client.close())
  const base = await serve()
  const failure = (url: string) =>
    client
      .fetch(url)
      .then((response) => response.text())
      .then(
        () => null,
        (error) => error,
      )

  const refused = await failure('http://127.0.0.1:1/refused')
  expect(refused).toBeInstanceOf(inside('TypeError'))
  expect(refused).toMatchObject({ message: 'fetch failed', cause: { code: 'ERR_TRUNKLINE_CONNECT_FAILED' } })

  const unknown = await failure('http://nowhere.invalid/')
  expect(unknown).toMatchObject({ message: 'fetch failed', cause: { code: 'ERR_TRUNKLINE_DNS_FAILED' } })
  expect(unknown.cause.cause).toMatchObject({ syscall: 'getaddrinfo' })

  expect(await failure(`${base}/cut`)).toMatchObject({
    message: 'terminated',
    cause: { code: 'ERR_TRUNKLINE_CONNECTION_LOST' },
  })
})

test('requests and forms', async () => {
  const { trunkline } = newRealm()
  const client = trunkline.createClient()
  cleanup.add(() => client.close())
  const base = await serve()
  const form = new FormData()
  form.append('a', 'b')
  form.append('file', new File(['xyz'], 'name'))
  for (const request of [
    new Request(base, { method: 'POST', body: 'text' }),
    new Request(base, { method: 'POST', body: form }),
  ]) {
    const sent = await request.clone().text()
    expect(await (await client.fetch(request)).text()).toBe(sent)
  }
  const response = await client.fetch(base, { method: 'POST', body: form })
  let text = ''
  for await (const chunk of response.body ?? []) text += Buffer.from(chunk)
  expect(text).toContain('xyz')
})

test('bytes of any realm are bytes', async () => {
  const { trunkline, inside } = newRealm()
  const client = trunkline.createClient()
  cleanup.add(() => client.close())
  const base = await serve()
  const chunks = async function* () {
    yield new ArrayBuffer(1)
    yield inside('new DataView(new ArrayBuffer(2))') as DataView
  }
  for (const body of [
    new ArrayBuffer(3),
    inside('new ArrayBuffer(3)'),
    inside('new Uint16Array(2).subarray(1)'),
  ]) {
    const response = await client.fetch(base, { method: 'POST', body })
    expect((await response.bytes()).length).toBe(body.byteLength)
  }
  const response = await client.fetch(base, { method: 'POST', body: chunks() as AsyncIterable<Uint8Array> })
  expect((await response.bytes()).length).toBe(3)
})
