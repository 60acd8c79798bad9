import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { type Closable, SignalRegistry } from '../../src/close-on-signals.ts'

/** A process that gets signals from the test, and notes what it kills. */
class FakeProcess extends EventEmitter {
  readonly pid = 42
  readonly killed: string[] = []

  kill(pid: number, signal: string): void {
    this.killed.push(`${pid} ${signal}`)
  }
}

class FakeClient implements Closable {
  readonly log: string[] = []
  readonly closed: Promise<void>
  finish: () => void = () => {}

  constructor() {
    this.closed = new Promise((resolve) => {
      this.finish = resolve
    })
  }

  close({ timeout }: { readonly timeout?: number } = {}): Promise<void> {
    this.log.push(`close ${timeout}`)
    return this.closed
  }

  destroy(error?: Error): void {
    this.log.push(`destroy: ${error?.message}`)
    this.finish()
  }
}

function setUp(clients = 1) {
  const process = new FakeProcess()
  const registry = new SignalRegistry(process)
  return { process, registry, clients: Array.from({ length: clients }, () => new FakeClient()) }
}

const turn = async () => {
  for (let waited = 0; waited < 3; waited += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('a signal', () => {
  test('closes the client, and is raised once more when that is done', async () => {
    const { process, registry, clients } = setUp()
    const [client] = clients as [FakeClient]
    registry.add(client, { timeout: 500 })
    expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]).toEqual([1, 1])
    process.emit('SIGTERM', 'SIGTERM')
    await turn()
    expect(client.log).toEqual(['close 500'])
    expect(process.killed).toEqual([])
    client.finish()
    await turn()
    expect(process.killed).toEqual(['42 SIGTERM'])
    expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]).toEqual([0, 0])
  })

  test('waits for all clients', async () => {
    const { process, registry, clients } = setUp(2)
    for (const client of clients) registry.add(client)
    expect(process.listenerCount('SIGTERM')).toBe(1)
    process.emit('SIGTERM', 'SIGTERM')
    clients[0]?.finish()
    await turn()
    expect(process.killed).toEqual([])
    clients[1]?.finish()
    await turn()
    expect(process.killed).toEqual(['42 SIGTERM'])
  })

  test.each([
    ['before', true],
    ['after', false],
  ])('that others listen to, since %s, is theirs to end with', async (_when, first) => {
    const { process, registry, clients } = setUp()
    const [client] = clients as [FakeClient]
    if (first) process.once('SIGTERM', () => {})
    registry.add(client)
    if (!first) process.once('SIGTERM', () => {})
    process.emit('SIGTERM', 'SIGTERM')
    client.finish()
    await turn()
    expect(client.log).toEqual(['close undefined'])
    expect(process.killed).toEqual([])
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test('is not raised again when somebody came to listen meanwhile', async () => {
    const { process, registry, clients } = setUp()
    const [client] = clients as [FakeClient]
    registry.add(client)
    process.emit('SIGTERM', 'SIGTERM')
    process.on('SIGTERM', () => {})
    client.finish()
    await turn()
    expect(process.killed).toEqual([])
  })
})

describe('a second signal', () => {
  test('ends everything at once, and once', async () => {
    const { process, registry, clients } = setUp()
    const [client] = clients as [FakeClient]
    registry.add(client)
    process.emit('SIGTERM', 'SIGTERM')
    process.emit('SIGTERM', 'SIGTERM')
    expect(client.log).toEqual(['close undefined', 'destroy: A second signal came: SIGTERM.'])
    expect(process.killed).toEqual(['42 SIGTERM'])
    await turn()
    expect(process.killed).toEqual(['42 SIGTERM'])
  })

  test('may be another one', async () => {
    const { process, registry, clients } = setUp()
    const [client] = clients as [FakeClient]
    registry.add(client)
    process.emit('SIGINT', 'SIGINT')
    process.emit('SIGTERM', 'SIGTERM')
    expect(client.log.at(-1)).toMatch(/^destroy/)
    await turn()
    expect(process.killed).toEqual(['42 SIGTERM'])
    expect(process.listenerCount('SIGINT')).toBe(0)
  })
})

describe('the listener leaves', () => {
  test('when the last client is closed', async () => {
    const { process, registry, clients } = setUp(2)
    for (const client of clients) registry.add(client)
    clients[0]?.finish()
    await turn()
    expect(process.listenerCount('SIGTERM')).toBe(1)
    clients[1]?.finish()
    await turn()
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test('when it is told to', () => {
    const { process, registry, clients } = setUp()
    const remove = registry.add(clients[0] as FakeClient, { signals: ['SIGUSR2'] })
    expect(process.eventNames()).toEqual(['SIGUSR2'])
    remove()
    expect(process.eventNames()).toEqual([])
  })
})
