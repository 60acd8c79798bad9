import { describe, expect, test } from 'vitest'
import { Bench } from './support/bench.ts'
import { type ChildResult, resultOf, runChild } from './support/child.ts'

const bench = new Bench()

async function eachProtocol(run: (protocol: string, origin: string) => Promise<void>): Promise<void> {
  const protocols = ['h2', 'http/1.1'] as const
  await Promise.all(protocols.map(async (protocol) => run(protocol, (await bench.server(protocol)).origin)))
}

/** The promise is a second; on a busy machine the test allows more, and says how long it was. */
function expectPromptExit(result: ChildResult, what: string): void {
  expect(result.stderr).toBe('')
  expect({ code: result.code, signal: result.signal }).toEqual({ code: 0, signal: null })
  console.log(`${what}: exited ${Math.round(result.lingered)} ms after its response`)
  expect(result.lingered).toBeLessThan(5000)
}

describe('a process that uses Trunkline', () => {
  test.each(['h2', 'http/1.1'] as const)('did one fetch over %s and exits by itself', async (protocol) => {
    const server = await bench.server(protocol)
    const result = await runChild('one-fetch', { args: [`${server.origin}/bytes/1000`] })
    expect(resultOf(result)).toEqual({ status: 200, protocol, length: expect.any(Number) })
    expectPromptExit(result, protocol)
    await server.assertNoConnections()
  })

  test('did one fetch over http: and exits by itself', async () => {
    const server = await bench.h1Server({ plain: true })
    const result = await runChild('one-fetch', { args: [server.origin] })
    expectPromptExit(result, 'http:')
  })

  test('awaits a slow response and does not exit early, over h2 and HTTP/1.1', async () => {
    await eachProtocol(async (protocol, origin) => {
      const result = await runChild('one-fetch', { args: [`${origin}/delay/1500`] })
      expect(resultOf(result)).toMatchObject({ status: 200, protocol })
      expectPromptExit(result, `${protocol}, delayed`)
    })
  })

  test('is kept alive by a pending request alone, over h2 and HTTP/1.1', async () => {
    await eachProtocol(async (protocol, origin) => {
      const result = await runChild('fire-and-forget', { args: [`${origin}/delay/1500`] })
      expect(resultOf(result)).toEqual({ body: { delayed: 1500 } })
      expectPromptExit(result, `${protocol}, pending`)
    })
  })

  test('is kept alive by a body that is still coming, over h2 and HTTP/1.1', async () => {
    await eachProtocol(async (protocol, origin) => {
      const result = await runChild('one-fetch', { args: [`${origin}/slow-body/1000`] })
      expect(resultOf(result)).toMatchObject({ length: 'first,last'.length })
      expectPromptExit(result, `${protocol}, slow body`)
    })
  })

  test('left a complete response unread and exits, over h2 and HTTP/1.1', async () => {
    await eachProtocol(async (protocol, origin) => {
      const result = await runChild('unread', { args: [`${origin}/bytes/1000`] })
      expectPromptExit(result, `${protocol}, unread`)
    })
  })

  test('failed to connect and exits with the error', async () => {
    const result = await runChild('one-fetch', { args: ['https://localhost:1'] })
    expect(result).toMatchObject({ code: 1, signal: null })
    expect(result.stderr).toContain('ERR_TRUNKLINE_CONNECT_FAILED')
  })
})

describe('close() and destroy() leave nothing behind', () => {
  test.each(['close', 'destroy'])(
    '%s: no handle, no timer, no socket, no pool, no queue entry',
    async (how) => {
      const servers = [
        await bench.h2Server(),
        await bench.h1Server(),
        await bench.h1Server({ plain: true }),
        await bench.h2Server({ maxConcurrentStreams: 2 }),
      ]
      const result = await runChild('close', {
        flags: ['--expose-gc'],
        args: [how, ...servers.map(({ origin }) => origin)],
      })
      expect(result.stderr).toBe('')
      const left = resultOf(result)
      expect(left).toMatchObject({ during: { origins: 4 } })
      expect(left).toMatchObject({
        errors: Array(4).fill('ERR_TRUNKLINE_CLIENT_DESTROYED'),
        handles: [],
        timers: 0,
        sockets: 0,
        connections: 0,
        origins: 0,
        active: 0,
        queued: 0,
      })
      expectPromptExit(result, how)
    },
  )
})

describe('warnings', () => {
  test('a process that makes a client per call is told so, once', async () => {
    const server = await bench.h2Server()
    const result = await runChild('churn', { args: [server.origin], env: { NODE_NO_WARNINGS: '0' } })
    expect(result.code).toBe(0)
    expect(resultOf(result)).toEqual({ statuses: 40, codes: ['TRUNKLINE_CLIENT_CHURN'], resumed: 39 })
  })
})
