import { CookieJar } from 'tough-cookie'
import { describe, expect, test } from 'vitest'
import { headerValue } from '../../../src/core/headers.ts'
import { cookies, type Jar } from '../../../src/interceptors/cookies.ts'
import { clientRequest, clientResponse, openResponse, scripted } from '../fakes/exchange.ts'

const URL_A = 'https://www.example.com/a/b'

function setUp(setCookie: readonly string[], jar = new CookieJar()) {
  const headers = setCookie.flatMap((value) => ['set-cookie', value])
  const script = scripted(clientResponse(200, headers), clientResponse(200), clientResponse(200))
  const send = cookies({ jar })(script.dispatch)
  return { jar, send, sent: () => script.requests.map((request) => headerValue(request.headers, 'cookie')) }
}

describe('a cookie that was set is sent', () => {
  test.each<[string, string, string | null]>([
    ['a=1', URL_A, 'a=1'],
    ['a=1; Path=/a', 'https://www.example.com/b', null],
    ['a=1; Domain=example.com', 'https://api.example.com/a/b', 'a=1'],
    ['a=1', 'https://api.example.com/a/b', null],
    ['a=1; Domain=com', URL_A, null],
    ['a=1; Domain=other.test', URL_A, null],
    ['a=1; Secure', 'http://www.example.com/a/b', null],
    ['a=1; Max-Age=0', URL_A, null],
    ['a=1; SameSite=Strict; HttpOnly', URL_A, 'a=1'],
    ['__Host-a=1; Path=/', URL_A, null],
    ['', URL_A, null],
    ['nonsense', URL_A, null],
  ])('%s to %s: %s', async (setCookie, url, expected) => {
    const { send, sent } = setUp([setCookie, 'other=2; Max-Age=0'])
    await send(clientRequest({}, URL_A))
    await send(clientRequest({}, url))
    expect(sent()).toEqual([null, expected])
  })
})

test('several are sent in one field, behind those of the request, whose own win', async () => {
  const { send, sent } = setUp(['a=1', 'b=2', 'c=3'])
  await send(clientRequest({}, URL_A))
  await send(clientRequest({ headers: ['cookie', 'x=9; b=8', 'accept', '*/*', 'cookie', 'y=7'] }, URL_A))
  expect(sent()[1]).toBe('x=9; b=8; y=7; a=1; c=3')
})

test('a jar of each request, or none', async () => {
  const jars = { ada: new CookieJar(), bob: new CookieJar() }
  await jars.ada.setCookie('who=ada', URL_A)
  const script = scripted(clientResponse(200, ['set-cookie', 'new=1']), clientResponse(), clientResponse())
  const send = cookies({ jar: ({ headers }) => (headers[1] === 'none' ? null : jars[headers[1] as 'ada']) })(
    script.dispatch,
  )
  for (const who of ['ada', 'bob', 'none']) await send(clientRequest({ headers: ['x-user', who] }, URL_A))
  expect(script.requests.map(({ headers }) => headerValue(headers, 'cookie'))).toEqual([
    'who=ada',
    null,
    null,
  ])
  expect(await jars.ada.getCookieString(URL_A)).toBe('who=ada; new=1')
  expect(await jars.bob.getCookieString(URL_A)).toBe('')
})

test('a cookie that cannot be sent is left out', async () => {
  const jar: Jar = {
    getCookies: async () =>
      ['a=\u20ac', 'b=1\n', 'c=3'].map((pair) => ({ key: pair[0] as string, cookieString: () => pair })),
    setCookie: async () => {},
  }
  const script = scripted(clientResponse())
  await cookies({ jar })(script.dispatch)(clientRequest())
  expect(headerValue(script.requests[0]?.headers ?? [], 'cookie')).toBe('c=3')
})

test('a jar that fails fails the request, and the response is let go', async () => {
  const { response, log } = openResponse(200, ['set-cookie', 'a=1'])
  const jar: Jar = { getCookies: async () => [], setCookie: () => Promise.reject(new Error('full')) }
  await expect(cookies({ jar })(scripted(response).dispatch)(clientRequest())).rejects.toThrow('full')
  expect(log.cancelled).toBe(1)
})

test('an abort does not wait for a jar that hangs', async () => {
  const jar: Jar = { getCookies: () => new Promise(() => {}), setCookie: async () => {} }
  const controller = new AbortController()
  const sent = cookies({ jar })(scripted().dispatch)(clientRequest({ signal: controller.signal }))
  controller.abort(new Error('enough'))
  await expect(sent).rejects.toThrow('enough')
})

test('what is no jar is refused', () => {
  expect(() => cookies({ jar: {} as Jar })).toThrow(
    expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
  )
})
