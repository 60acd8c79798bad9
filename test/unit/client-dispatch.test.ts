import { describe, expect, test } from 'vitest'
import { createClientDispatch } from '../../src/client-dispatch.ts'
import type { ClientRequest, ClientResponse } from '../../src/core/dispatch.ts'
import { parseTarget } from '../../src/core/origin.ts'
import { RETRY_DEFAULTS } from '../../src/core/retry-policy.ts'

function scene() {
  const sent: ClientRequest[] = []
  const dispatch = createClientDispatch(
    async (request) => {
      sent.push(request)
      return { status: 200 } as ClientResponse
    },
    { ...RETRY_DEFAULTS, limit: 7 },
  )
  return { sent, dispatch }
}

describe('client.dispatch', () => {
  test('fills in all but the target, retries as the client does', async () => {
    const { sent, dispatch } = scene()
    await dispatch({ target: 'https://example.com/a?b' })
    expect(sent[0]).toMatchObject({
      method: 'GET',
      headers: [],
      body: null,
      signal: null,
      redirect: 'manual',
      decompress: false,
      trailers: null,
      onInformational: null,
      retry: { limit: 7 },
      target: { path: '/a?b', origin: { key: 'https://example.com' } },
    })
  })

  test('sends what it is given as it is', async () => {
    const { sent, dispatch } = scene()
    const target = parseTarget('https://example.com/')
    const body = { kind: 'bytes', bytes: new Uint8Array(1) } as const
    await dispatch({ target, method: 'GET', headers: ['x-a', '1'], body })
    expect(sent[0]).toMatchObject({ method: 'GET', headers: ['x-a', '1'] })
    expect(sent[0]?.target).toBe(target)
    expect(sent[0]?.body).toBe(body)
  })

  test.each([
    [{ method: 'CONNECT' }, 'ERR_TRUNKLINE_INVALID_METHOD'],
    [{ method: 'G E T' }, 'ERR_TRUNKLINE_INVALID_METHOD'],
    [{ headers: ['X-Upper', '1'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
    [{ headers: ['x-a', 'b\r\nc: d'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
    [{ target: '/relative' }, 'ERR_TRUNKLINE_INVALID_URL'],
  ])('%j is refused', async (wrong, code) => {
    const { sent, dispatch } = scene()
    await expect(dispatch({ target: 'https://example.com/', ...wrong })).rejects.toMatchObject({ code })
    expect(sent).toEqual([])
  })

  test('a signal that was aborted rejects with its reason', async () => {
    const { sent, dispatch } = scene()
    const reason = new Error('no')
    await expect(dispatch({ target: 'https://a.example/', signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    expect(sent).toEqual([])
  })
})
