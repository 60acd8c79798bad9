import { describe, expect, test } from 'vitest'
import { oneShotBody } from '../../../src/core/request-body.ts'
import { type AuthOptions, createAuth } from '../../../src/interceptors/auth.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { clientRequest, clientResponse, openResponse, type Step, scripted } from '../fakes/exchange.ts'

const ORIGIN = 'https://example.test'

function setUp(steps: Step[], options: Partial<AuthOptions> = {}) {
  const clock = new FakeClock(1000)
  const script = scripted(...steps)
  const asked: (string | null)[] = []
  const token = (refused: string | null) => {
    asked.push(refused)
    return `token ${asked.length}`
  }
  const send = createAuth({ origins: [ORIGIN], token, ...options }, clock)(script.dispatch)
  const tokens = () => script.requests.map(({ headers }) => headers[headers.indexOf('authorization') + 1])
  return { clock, asked, send, tokens, requests: script.requests }
}

const ok = () => clientResponse(200)
const refused = () => clientResponse(401)

test('one token serves all requests', async () => {
  const { send, tokens, asked } = setUp([ok(), ok()])
  await Promise.all([send(clientRequest()), send(clientRequest())])
  expect(tokens()).toEqual(['Bearer token 1', 'Bearer token 1'])
  expect(asked).toEqual([null])
})

test('a refused token is replaced once for all, and each request sent once more', async () => {
  const { send, tokens, asked } = setUp([refused(), refused(), ok(), ok()])
  const responses = await Promise.all([send(clientRequest()), send(clientRequest())])
  expect(responses.map(({ status }) => status)).toEqual([200, 200])
  expect(asked).toEqual([null, 'token 1'])
  expect(tokens().slice(2)).toEqual(['Bearer token 2', 'Bearer token 2'])
})

test('the second refusal is the answer', async () => {
  const { send, requests } = setUp([refused(), refused()])
  expect((await send(clientRequest())).status).toBe(401)
  expect(requests).toHaveLength(2)
})

test('the same token again is not tried again', async () => {
  const { send, requests } = setUp([refused()], { token: () => 'the only one' })
  expect((await send(clientRequest())).status).toBe(401)
  expect(requests).toHaveLength(1)
})

test('a body that is gone cannot be sent again', async () => {
  const body = oneShotBody([])
  body.open()
  const { send, requests } = setUp([refused()])
  expect((await send(clientRequest({ method: 'POST', body }))).status).toBe(401)
  expect(requests).toHaveLength(1)
})

test('a token is replaced when it has expired', async () => {
  let count = 0
  const { clock, send, tokens } = setUp([ok(), ok(), ok()], {
    token: () => ({ token: `t${++count}`, expiresIn: 500 }),
    scheme: 'Token',
  })
  await send(clientRequest())
  await clock.advance(499)
  await send(clientRequest())
  await clock.advance(1)
  await send(clientRequest())
  expect(tokens()).toEqual(['Token t1', 'Token t1', 'Token t2'])
})

describe('nobody else gets it', () => {
  test.each(['https://other.test/', 'http://example.test/', 'https://example.test:444/'])(
    '%s',
    async (url) => {
      const { send, requests, asked } = setUp([ok()])
      await send(clientRequest({}, url))
      expect(requests[0]?.headers).toEqual([])
      expect(asked).toEqual([])
    },
  )

  test("the caller's own field stays", async () => {
    const { send, tokens } = setUp([ok()])
    await send(clientRequest({ headers: ['authorization', 'Basic x'] }))
    expect(tokens()).toEqual(['Basic x'])
  })
})

describe('no token', () => {
  test('fails those who wait; the next request asks again', async () => {
    let fails = true
    const { send } = setUp([ok()], {
      token: async () => {
        if (fails) throw new Error('no token')
        return 'later'
      },
    })
    const both = await Promise.allSettled([send(clientRequest()), send(clientRequest())])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    fails = false
    expect((await send(clientRequest())).status).toBe(200)
  })

  test('in place of a refused one lets go of the response', async () => {
    const { response, log } = openResponse(401)
    let asked = 0
    const { send } = setUp([response], {
      token: () => {
        asked += 1
        if (asked === 2) throw new Error('no more')
        return 'first'
      },
    })
    await expect(send(clientRequest())).rejects.toThrow('no more')
    expect(log.cancelled).toBe(1)
  })

  test('and no patience: an abort is not held up by it', async () => {
    const { send } = setUp([], { token: () => new Promise(() => {}) })
    const controller = new AbortController()
    const waiting = send(clientRequest({ signal: controller.signal }))
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(send(clientRequest({ signal: AbortSignal.abort('early') }))).rejects.toBe('early')
  })
})

test.each([{ origins: 'x' }, { origins: ['not a url'] }, { token: 'x' }])('%j is refused', (wrong) => {
  expect(() => setUp([], wrong as object)).toThrow(expect.objectContaining({ name: 'InvalidRequestError' }))
})
