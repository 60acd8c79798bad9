/** `trunkline top` and `trunkline/top`: one process looks at another, and only who may. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { LocalServer } from '../../../examples/support/server.ts'
import { topSchema } from '../../../src/cli/schema/top-schema.ts'
import { createClient } from '../../../src/index.ts'
import { expose, type TopSnapshot } from '../../../src/telemetry/top/index.ts'
import { Cleanup } from '../../support/cleanup.ts'
import { resultOf, runCli, startCli, startSite } from '../support/cli.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

let server: LocalServer
let runtime: string
let folder: string

beforeAll(async () => {
  runtime = await mkdtemp(join(tmpdir(), 'trunkline-top-'))
  folder = join(runtime, 'trunkline')
  server = await startSite()
})

afterAll(async () => {
  await server.close()
  await rm(runtime, { recursive: true, force: true })
})

const env = () => ({ XDG_RUNTIME_DIR: runtime })
const validate = new Ajv2020().compile(topSchema)

function read(line: string): TopSnapshot {
  const snapshot = JSON.parse(line)
  expect(validate(snapshot), JSON.stringify(validate.errors)).toBe(true)
  return snapshot
}

test('shows the requests and connections of this process', async () => {
  const client = cleanup.add(createClient({ tls: { ca: server.ca } }))
  const exposure = cleanup.add(await expose({ folder }))
  // Over the connection of this one go all that are watched.
  await (await client.fetch(`${server.origin}/echo`)).text()
  const watching = runCli(['top', '--once', '--json', exposure.path], { env: env() })
  let over = false
  const requests = (async () => {
    while (!over) await (await client.fetch(`${server.origin}/echo`)).text()
  })()
  const { code, stdout, stderr } = await watching
  over = true
  await requests
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const snapshot = read(stdout)
  expect(snapshot).toMatchObject({ pid: process.pid, errors: [], requests: { failed: 0 } })
  expect(snapshot.requests.ended).toBeGreaterThan(0)
  expect(snapshot.latency?.p50).toBeGreaterThan(0)
  expect(snapshot.connections).toContainEqual(
    expect.objectContaining({ origin: server.origin, protocol: 'h2', state: 'open' }),
  )
})

test('prints a page where there is no terminal, and finds the only process by itself', async () => {
  cleanup.add(await expose({ folder }))
  const { code, stdout } = await runCli(['top'], { env: env() })
  expect(stdout).toContain(`${process.pid}`)
  expect(stdout).toContain('requests')
  expect(code).toBe(0)
})

test('a process opts in by --import and a variable', async () => {
  const module = new URL('../../../src/telemetry/top/index.ts', import.meta.url).href
  const program = 'setInterval(() => {}, 1000); process.stdout.write("up")'
  const child = spawn(process.execPath, ['--import', module, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env(), TRUNKLINE_TOP: '1', NODE_NO_WARNINGS: '1' },
  })
  cleanup.add(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const listed = async () => (await runCli(['top', '--list'], { env: env() })).stdout.trim()
  await expect.poll(listed, { timeout: 40_000 }).toBe(String(child.pid))
  const result = await runCli(['top', '--once', '--json', String(child.pid)], { env: env() })
  expect(read(result.stdout)).toMatchObject({ pid: child.pid, connections: [] })
})

test('a process that is looked at ends when it has nothing else to do', async () => {
  const module = new URL('../../../src/telemetry/top/index.ts', import.meta.url).href
  const program = `import { expose } from ${JSON.stringify(module)}; await expose()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, ...env(), NODE_NO_WARNINGS: '1' },
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect((await runCli(['top', '--list'], { env: env() })).stdout).toBe('')
})

test('only the user can open the socket', async () => {
  const exposure = cleanup.add(await expose({ folder }))
  expect((await stat(exposure.path)).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('a folder that is open to others is not used', async () => {
  const open = await mkdtemp(join(tmpdir(), 'trunkline-open-'))
  cleanup.add(() => rm(open, { recursive: true }))
  await chmod(open, 0o755)
  await expect(expose({ folder: open })).rejects.toThrow('is open to other users')
  // Nor a file in its place.
  const file = join(open, 'file')
  await writeFile(file, '')
  await expect(expose({ folder: file })).rejects.toThrow()
})

test('who speaks to it is shown the door', async () => {
  const exposure = cleanup.add(await expose({ folder }))
  const socket = connect(exposure.path)
  socket.on('error', () => {})
  socket.resume()
  socket.write('stats please')
  await once(socket, 'close')
})

test('ends when the process ends', async () => {
  const exposure = await expose({ folder })
  const child = startCli(['top', '--json', exposure.path], env())
  const result = resultOf(child)
  await once(child.stdout, 'data')
  await exposure.close()
  expect(await result).toMatchObject({ code: 0 })
})

test('nobody there', async () => {
  expect(await runCli(['top'], { env: env() })).toMatchObject({
    code: 10,
    stderr: expect.stringContaining('No process can be watched'),
  })
})

test('a load can be looked at', async () => {
  const ca = join(runtime, 'ca.pem')
  await writeFile(ca, server.ca)
  const child = startCli(
    ['load', '--expose', '-d', '1h', '-c', '5', '--ca', ca, `${server.origin}/echo`],
    env(),
  )
  const result = resultOf(child, { deadline: 80_000 })
  const listed = async () => (await runCli(['top', '--list'], { env: env() })).stdout.trim()
  await expect.poll(listed, { timeout: 40_000 }).toBe(String(child.pid))
  const snapshot = read((await runCli(['top', '--once', '--json'], { env: env() })).stdout)
  expect(snapshot.requests.ended).toBeGreaterThan(0)
  child.kill('SIGINT')
  expect((await result).code).toBe(130)
})
