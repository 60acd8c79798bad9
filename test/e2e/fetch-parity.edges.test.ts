/** Things at the edges of a call that a caller can see, which a search over random calls of both brought up. */
import { describe, expect, test } from 'vitest'
import { outcome } from './support/parity.ts'
import { expectSame, origin, ours } from './support/parity-scene.ts'

const close = { connection: 'close' }
const answer = (status: number, headers: Record<string, string> = {}, body = '') =>
  `${origin}/answer?${new URLSearchParams({ status: String(status), headers: JSON.stringify({ ...close, ...headers }), body })}`

/** Gives `chunks` one by one, and then ends, or fails with `error`. Writes down when it is cancelled. */
function source(chunks: readonly string[], log: unknown[] = [], error?: unknown): ReadableStream<Uint8Array> {
  const rest = [...chunks]
  return new ReadableStream(
    {
      pull(controller) {
        const next = rest.shift()
        if (next !== undefined) controller.enqueue(Buffer.from(next))
        else if (error !== undefined) controller.error(error)
        else controller.close()
      },
      cancel(reason) {
        log.push(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Earlier lines have faults of their own in their fetch. */
const sameNode = describe.runIf(Number.parseInt(process.versions.node, 10) >= 26)

sameNode('the options', () => {
  test.each(['plain', 'with an option that few give'])('are asked for once each, %s', async (kind) => {
    await expectSame(async (fetch) => {
      const asked: string[] = []
      const init = {
        method: 'POST',
        body: 'x',
        headers: close,
        ...(kind === 'plain' ? {} : { mode: 'cors' }),
      }
      const watched = new Proxy(init, {
        get(target, name) {
          asked.push(String(name))
          return Reflect.get(target, name)
        },
      })
      await (await fetch(`${origin}/seen`, watched as RequestInit)).text()
      return asked.filter((name, at) => asked.indexOf(name) !== at)
    })
  })

  test.each(['POST', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH', 'DELETE', 'MKCOL', 'OPTIONS'])(
    '%s without a body',
    async (method) => {
      await expectSame(async (fetch) => (await fetch(`${origin}/seen`, { method, headers: close })).json())
    },
  )
})

sameNode('a stream that is sent', () => {
  const sent = (init: object): RequestInit => ({ method: 'POST', duplex: 'half', headers: close, ...init })

  test('is unlocked at its end, and of a Request', async () => {
    await expectSame(async (fetch) => {
      const body = source(['a', 'b'])
      await (await fetch(`${origin}/seen`, sent({ body }))).text()
      const bytes = new Request(`${origin}/seen`, sent({ body: 'abc' }))
      await (await fetch(bytes)).text()
      const slow = new Request(
        `${origin}/seen`,
        sent({ body: source(['a'.repeat(200_000), 'b'.repeat(200_000)]) }),
      )
      await (await fetch(slow)).text()
      return [body.locked, bytes.bodyUsed, bytes.body?.locked, slow.bodyUsed, slow.body?.locked]
    })
  })

  test.each([{ mode: 'no-cors' }, { keepalive: true }, { mode: 'same-origin' }])(
    'does not go together with all options: %o',
    async (option) => {
      await expectSame((fetch) => fetch(`${origin}/seen`, sent({ body: source(['a']), ...option })))
      await expectSame((fetch) => {
        const request = new Request(`${origin}/seen`, {
          ...option,
          method: 'POST',
          headers: close,
        } as RequestInit)
        return fetch(request, { body: source(['a']), duplex: 'half' } as RequestInit)
      })
    },
  )

  // The platform does the same, and leaves its connection open.
  test('is unlocked when it fails', async () => {
    const body = source(['a'], [], new RangeError('broken'))
    await expect(ours(`${origin}/seen`, sent({ body }))).rejects.toThrow('fetch failed')
    expect(body.locked).toBe(false)
  })

  test('and fails by an abort of its own, aborts the call', async () => {
    const body = source(['a'], [], new DOMException('its own', 'AbortError'))
    await expect(ours(`${origin}/seen`, sent({ body }))).rejects.toMatchObject({
      name: 'AbortError',
      cause: { code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED' },
    })
  })

  test('is told why it is not sent', async () => {
    await expectSame(async (fetch) => {
      const log: unknown[] = []
      const init = sent({ body: source(['a'], log), signal: AbortSignal.abort('why') })
      return [await outcome(() => fetch(`${origin}/seen`, init)), log]
    })
  })

  test('is told so as the body of a Request too, and nothing of it is read', async () => {
    const log: unknown[] = []
    const body = source(['a', 'b', 'c'], log)
    const request = new Request(`${origin}/seen`, sent({ body, signal: AbortSignal.abort('why') }))
    await expect(ours(request)).rejects.toBe('why')
    expect(log).toEqual(['why'])
  })
})

sameNode('the response', () => {
  test('its headers want a name', async () => {
    await expectSame(async (fetch) => {
      const response = await fetch(answer(200, { a: '1', undefined: '2' }))
      await response.text()
      const headers = response.headers as unknown as {
        get(...names: unknown[]): unknown
        has(...names: unknown[]): unknown
      }
      return [
        await outcome(async () => headers.get()),
        await outcome(async () => headers.has()),
        headers.get(undefined),
        headers.has('a', 'b'),
        headers.has(undefined),
      ]
    })
  })

  test('a 205 is not decoded, however many codings it names', async () => {
    const codings = Array.from({ length: 7 }, () => 'gzip').join(', ')
    await expectSame((fetch) => fetch(answer(205, { 'content-encoding': codings })))
  })
})
