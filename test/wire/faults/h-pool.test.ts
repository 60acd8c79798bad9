/** faults.md section 2 H, 160 to 165: queue, limits, shutdown, growth. */
import { spawn } from 'node:child_process'
import { type EventEmitter, getEventListeners, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { type ClientOptions, createClient } from '../../../src/index.ts'
import { waitFor } from '../../support/wait-for.ts'
import { observeSessions, observeSockets } from './builtins.ts'
import { engine } from './engine-under-test.ts'
import { connectionOf, expectGood, failureOf, timedOut } from './expectations.ts'
import { goodResponse, type Http2Scene, type Http2SceneOptions, hold } from './http2-scene.ts'
import { settleDown, within } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()

const queueFull = { name: 'LimitError', code: 'ERR_TRUNKLINE_QUEUE_FULL', processed: 'no', phase: 'queue' }
const closedNow = { name: 'ClosedError', code: 'ERR_TRUNKLINE_CLIENT_CLOSED', processed: 'no' }
const destroyed = { name: 'ClosedError', code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' }

/** One request at a time, answered when `release` is called. */
async function gated(client: ClientOptions = {}, options: Http2SceneOptions = {}) {
  const waiting: (() => void)[] = []
  const order: string[] = []
  const scene = await stage.http2({
    client,
    isBad: () => false,
    goodSettings: { MAX_CONCURRENT_STREAMS: 1 },
    good: async (request, connection) => {
      order.push(request.path)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return goodResponse(request, connection)
    },
    ...options,
  })
  const release = async () => {
    await waitFor(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { scene, order, release }
}

describe('the queue', () => {
  fault(160, 'one too many: a typed error at once; the others are served', async () => {
    const { scene, release } = await gated({ limits: { queued: 3 } })
    const first = scene.send('/')
    await waitFor(() => scene.peer.requestCount === 1)
    const queued = [1, 2, 3].map(() => scene.send('/'))
    const surplus = await scene.send('/', { method: 'POST', body: 'x' })
    expect(failureOf(surplus)).toMatchObject(queueFull)
    for (let count = 0; count < 4; count += 1) await release()
    for (const outcome of await Promise.all([first, ...queued])) expectGood(outcome)
  })

  fault(160, 'the queue timeout: a typed error, and the others are served', async () => {
    const { scene, release } = await gated({ timeouts: { queue: 100 } as object })
    const first = scene.send('/')
    await waitFor(() => scene.peer.requestCount === 1)
    const late = await scene.send('/late', { method: 'POST', body: 'x' })
    expect(failureOf(late)).toMatchObject(timedOut('ERR_TRUNKLINE_QUEUE_TIMEOUT', 'queue'))
    await release()
    expectGood(await first)
    const next = scene.send('/next')
    await release()
    expectGood(await next)
    expect(scene.carriers('/late')).toEqual([])
  })

  fault(160, 'first come, first served', async () => {
    const { scene, order, release } = await gated()
    const outcomes = Array.from({ length: 10 }, (_, index) => scene.send(`/${index}`))
    for (let count = 0; count < 10; count += 1) await release()
    for (const outcome of await Promise.all(outcomes)) expectGood(outcome)
    expect(order).toEqual(Array.from({ length: 10 }, (_, index) => `/${index}`))
  })

  fault(160, 'an origin that hangs does not starve another one', async () => {
    const hanging = await stage.http2({
      answer: (connection) => connection.hang(),
      client: { limits: { connections: 2 } },
    })
    const healthy = await stage.http2({ isBad: () => false })
    const stuck = Array.from({ length: 50 }, () => hanging.send('/', { deadline: 1000 }))
    for (let count = 0; count < 5; count += 1) {
      const response = await within(1000, 'the healthy origin', hanging.client.request(`${healthy.origin}/`))
      expect(await response.body.text()).toBe('good')
    }
    await hanging.client.close({ timeout: 10 })
    expect((await Promise.all(stuck)).every(({ kind }) => kind === 'error')).toBe(true)
  })

  fault(
    161,
    '200 in the queue, every other one gives up: no slot is lost, the rest go in order',
    async () => {
      const { scene, order, release } = await gated()
      const first = scene.send('/first')
      await waitFor(() => scene.peer.requestCount === 1)
      const aborts = Array.from({ length: 200 }, () => new AbortController())
      const outcomes = aborts.map(({ signal }, index) => scene.send(`/${index}`, { signal }))
      expect(scene.client.stats().queued).toBe(200)
      for (const [index, abort] of aborts.entries()) if (index % 2 === 0) abort.abort(new Error('no longer'))
      expect(scene.client.stats().queued).toBe(100)
      for (let count = 0; count < 101; count += 1) await release()
      expectGood(await first)
      for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
        if (index % 2 === 1) expectGood(outcome)
        else expect(outcome).toMatchObject({ error: { message: 'no longer' } })
      }
      expect(order.slice(1)).toEqual(Array.from({ length: 100 }, (_, index) => `/${index * 2 + 1}`))
      expect(scene.client.stats()).toMatchObject({ queued: 0, active: 0 })
    },
  )
})

describe('limits on connections', () => {
  fault(162, 'a limit for all origins: idle connections give way, the one idle longest first', async () => {
    const scenes: Http2Scene[] = []
    for (let count = 0; count < 4; count += 1) scenes.push(await stage.http2({ isBad: () => false }))
    const client = stage.client({ limits: { connections: 2 } })
    const visit = async (index: number) => {
      const response = await client.request(`${(scenes[index] as Http2Scene).origin}/`)
      expect(await response.body.text()).toBe('good')
      expect(client.stats().connections).toBeLessThanOrEqual(2)
    }
    for (const index of [0, 1, 0]) await visit(index)
    await settleDown(10)
    await visit(2)
    expect(scenes.map(({ peer }) => peer.counts.openConnections)).toEqual([1, 0, 1, 0])
    await Promise.all([0, 1, 2, 3, 3, 2, 1, 0].map(visit))
  })

  fault(162, 'a limit per origin holds while connections come and go', async () => {
    let most = 0
    const scene = await stage.http2({
      client: { http2: { maxSessions: 3 }, limits: { connectionsPerOrigin: 3 } },
      isBad: () => false,
      goodSettings: { MAX_CONCURRENT_STREAMS: 2 },
      good: async (request, connection) => {
        most = Math.max(most, scene.peer.counts.openConnections)
        if (connection.streams.requestCount % 7 === 0) scene.goAway(connection)
        await settleDown(3)
        return goodResponse(request, connection)
      },
    })
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, () => scene.send('/', { method: 'POST', body: 'x' })),
    )
    for (const outcome of outcomes) connectionOf(outcome)
    expect(most).toBeLessThanOrEqual(3)
  })
})

describe('shutdown', () => {
  fault(163, 'close(): what runs finishes, GOAWAY is sent, nothing new is taken', async () => {
    const { scene, release } = await gated({}, { goodSettings: {} })
    const running = [scene.send('/1'), scene.send('/2')]
    await waitFor(() => scene.peer.requestCount === 2)
    const closing = scene.client.close()
    expect(failureOf(await scene.send('/3'))).toMatchObject(closedNow)
    await release()
    await release()
    for (const outcome of await Promise.all(running)) expectGood(outcome)
    await within(1000, 'close()', closing)
    const goAway = await scene.connection(0).expect('GOAWAY')
    expect(goAway.errorCode).toBe('NO_ERROR')
    await scene.connection(0).expectClose()
  })

  fault(163, 'close() waits for the body, not for the head alone', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        connection.sendHeaders(1, { ':status': 200 })
        connection.sendData(1, 'go')
        await settleDown(100)
        connection.sendData(1, 'od', { endStream: true })
      },
    })
    const response = await scene.client.request(`${scene.origin}/`)
    const [text] = await Promise.all([response.body.text(), scene.client.close()])
    expect(text).toBe('good')
  })

  fault(163, 'close() with a hard end: what hangs ends in a typed error', async () => {
    const scene = await stage.http2({ answer: (connection) => connection.hang() })
    const sending = scene.send('/', { method: 'POST' })
    await waitFor(() => scene.peer.requestCount === 1)
    await within(2000, 'close()', scene.client.close({ timeout: 50 }))
    expect(failureOf(await sending)).toMatchObject({ ...destroyed, processed: 'maybe' })
  })

  const situations: readonly [
    title: string,
    options: Http2SceneOptions,
    ready: (scene: Http2Scene) => unknown,
  ][] = [
    ['in the dial', { beforeTls: hold }, (scene) => scene.peer.tcpConnections === 1],
    ['before SETTINGS', { bad: () => {} }, (scene) => scene.peer.requestCount === 1],
    [
      'in the queue',
      { settings: { MAX_CONCURRENT_STREAMS: 1 }, answer: (connection) => connection.hang() },
      (scene) => scene.client.stats().queued >= 1,
    ],
    [
      'with streams open',
      { answer: (connection) => connection.hang() },
      (scene) => scene.peer.requestCount >= 1,
    ],
  ]
  for (const [title, options, ready] of situations) {
    fault(163, `destroy() ${title}: all settle in the same turn`, async () => {
      const scene = await stage.http2(options)
      let settled = 0
      const sending = [1, 2, 3].map(() => scene.send('/', { method: 'POST' }).finally(() => (settled += 1)))
      await waitFor(() => ready(scene))
      scene.client.destroy()
      await new Promise((resolve) => process.nextTick(resolve))
      await Promise.resolve()
      await new Promise((resolve) => setImmediate(resolve))
      expect(settled).toBe(3)
      for (const outcome of await Promise.all(sending)) expect(failureOf(outcome)).toMatchObject(destroyed)
      expect(failureOf(await scene.send('/'))).toMatchObject(closedNow)
    })
  }

  fault(163, 'close() and destroy() again and again: harmless', async () => {
    const scene = await stage.http2()
    expectGood(await scene.send('/'))
    const closing = [scene.client.close(), scene.client.close()]
    scene.client.destroy()
    scene.client.destroy()
    await within(1000, 'close()', Promise.all([...closing, scene.client.close()]))
  })

  fault(164, 'a request while close() runs: an error, and never a dial', async () => {
    const { scene, release } = await gated()
    const other = await stage.http2()
    const running = scene.send('/')
    await waitFor(() => scene.peer.requestCount === 1)
    const closing = scene.client.close()
    await expect(scene.client.request(`${other.origin}/`)).rejects.toMatchObject(closedNow)
    await expect(scene.client.connect(other.origin)).rejects.toMatchObject(closedNow)
    await expect(scene.client.fetch(`${other.origin}/`)).rejects.toMatchObject({ cause: closedNow })
    await release()
    expectGood(await running)
    await closing
    await expect(scene.client.request(`${other.origin}/`)).rejects.toMatchObject(closedNow)
    expect(other.peer.tcpConnections).toBe(0)
  })

  fault(164, 'a process that closes nothing ends by itself when its requests have', async () => {
    const scene = await stage.http2()
    const source = fileURLToPath(new URL('../../../src/index.ts', import.meta.url))
    const script = `
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
      const { createClient } = await import(${JSON.stringify(source)})
      const client = createClient({ tls: { rejectUnauthorized: false } })
      const response = await client.request(${JSON.stringify(`${scene.origin}/`)})
      process.stdout.write(await response.body.text())
    `
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script])
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    stage.add(() => child.kill('SIGKILL'))
    const [code] = await within(8000, 'the process', once(child, 'exit'))
    expect(output).toBe('good')
    expect(code).toBe(0)
  })
})

describe('growth', () => {
  fault(165, '5,000 origins: nothing of them is kept', async () => {
    const lookup = ((_host: string, _options: unknown, callback: (error: Error) => void) =>
      setImmediate(callback, Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }))) as never
    const client = createClient({ dns: { lookup } })
    for (let batch = 0; batch < 50; batch += 1) {
      const failures = await Promise.allSettled(
        Array.from({ length: 100 }, (_, index) => client.request(`https://host-${batch}-${index}.test/`)),
      )
      expect(failures.every(({ status }) => status === 'rejected')).toBe(true)
    }
    await settleDown(5)
    expect(client.stats()).toMatchObject({ origins: [], queued: 0, active: 0 })
    await client.close()
  })

  fault(165, 'listeners on session, socket and signal stay as they are, however many requests', async () => {
    const observed = observeSessions()
    const dialled = observeSockets()
    const scene = await stage.http2()
    const { signal } = new AbortController()
    const send = () =>
      scene.client
        .request(`${scene.origin}/`, { signal, method: 'POST', body: 'x' })
        .then(({ body }) => body.text())
    await send()
    observed.restore()
    dialled.restore()
    const emitters: EventEmitter[] = [...observed.sessions, ...dialled.sockets]
    expect(emitters).toHaveLength(engine === 'node' ? 2 : 1)
    const count = () =>
      emitters.map((one) => one.eventNames().reduce((sum, name) => sum + one.listenerCount(name), 0))
    const before = count()
    for (let batch = 0; batch < 10; batch += 1) await Promise.all(Array.from({ length: 20 }, send))
    await settleDown()
    expect(count()).toEqual(before)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
