import { describe, expect, test } from 'vitest'
import type { ClientRequest, FetchRules } from '../../../src/core/dispatch.ts'
import { type HeaderList, headerValue } from '../../../src/core/headers.ts'
import { oneShotBody, replayableBody } from '../../../src/core/request-body.ts'
import { createRedirect } from '../../../src/interceptors/redirect.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  clientRequest,
  clientResponse,
  openResponse,
  type Step,
  scripted,
  textBody,
} from '../fakes/exchange.ts'

const to = (location: string, status = 302) =>
  clientResponse(status, ['location', location, 'content-length', '0'])
const ok = () => clientResponse(200)

const redirect = createRedirect(new FakeClock())

async function follow(request: ClientRequest, ...steps: Step[]) {
  const script = scripted(...steps)
  const response = await redirect(script.dispatch)(request)
  return { response, requests: script.requests, last: script.requests.at(-1) as ClientRequest }
}

describe('methods and bodies', () => {
  const BODY = textBody('x')
  const rows: [number, string, string, boolean][] = []
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'post']) {
      const becomesGet =
        status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST'
      rows.push([status, method, becomesGet ? 'GET' : method, !becomesGet])
    }
  }

  test.each(rows)('%i of %s is followed by %s, with its body: %s', async (status, method, then, kept) => {
    const hasBody = method !== 'GET' && method !== 'HEAD'
    const headers = [
      'content-type',
      'text/plain',
      'content-length',
      '1',
      'content-language',
      'en',
      'x-own',
      '1',
    ]
    const request = clientRequest({ method, headers, body: hasBody ? BODY : null, trailers: () => [] })
    const { last } = await follow(request, to('/next', status), ok())
    expect(last.method).toBe(then)
    expect(last.body).toBe(kept ? request.body : null)
    expect(last.headers).toEqual(kept ? headers : ['x-own', '1'])
    expect(last.trailers === null).toBe(!kept)
  })

  test.each([300, 304, 305, 306, 200, 201, 404])(
    '%i is not a redirect, whatever its location',
    async (status) => {
      const { response, requests } = await follow(clientRequest(), to('/next', status))
      expect(response.status).toBe(status)
      expect(requests.length).toBe(1)
    },
  )

  test('without a location a redirect is a response as any other', async () => {
    const { response, requests } = await follow(clientRequest(), clientResponse(302))
    expect(response.status).toBe(302)
    expect(requests.length).toBe(1)
  })

  test('a body that was read cannot follow; the error says what to give instead', async () => {
    const body = oneShotBody(['x'])
    const used: Step = () => {
      body.open()
      return to('/next', 307)
    }
    await expect(follow(clientRequest({ method: 'POST', body }), used)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
    })
  })

  test('it may be dropped with the method, and a factory may be called again', async () => {
    const body = oneShotBody(['x'])
    const used: Step = () => {
      body.open()
      return to('/next', 303)
    }
    expect((await follow(clientRequest({ method: 'POST', body }), used, ok())).last.body).toBeNull()
    const factory = replayableBody(null, () => ['x'])
    const request = clientRequest({ method: 'POST', body: factory })
    expect((await follow(request, to('/next', 308), ok())).last.body).toBe(factory)
  })
})

describe('where to', () => {
  test.each([
    ['/b?c', 'https://example.test/b?c'],
    ['b', 'https://example.test/dir/b'],
    ['?q', 'https://example.test/dir/a?q'],
    ['//other.test/', 'https://other.test/'],
    ['https://other.test:8443/x#fragment', 'https://other.test:8443/x'],
    ['http://example.test/', 'http://example.test/'],
    ['https://user:secret@other.test/', 'https://other.test/'],
  ])('%s', async (location, href) => {
    const { last } = await follow(clientRequest({}, 'https://example.test/dir/a'), to(location), ok())
    expect(last.target.href).toBe(href)
  })

  test('a location in UTF-8 bytes is understood', async () => {
    const latin1 = Buffer.from('/ü', 'utf8').toString('latin1')
    const { last } = await follow(clientRequest(), to(latin1), ok())
    expect(last.target.path).toBe('/%C3%BC')
  })

  test('several locations are one, as a response shows them', async () => {
    const both = clientResponse(302, ['location', '/a', 'location', '/b'])
    const { last } = await follow(clientRequest(), both, ok())
    expect(last.target.path).toBe('/a,%20/b')
  })

  test('each hop is relative to the one before', async () => {
    const { requests } = await follow(clientRequest(), to('https://other.test/a/b'), to('c'), ok())
    expect(requests.map(({ target }) => target.href)).toEqual([
      'https://example.test/',
      'https://other.test/a/b',
      'https://other.test/a/c',
    ])
  })

  test.each([
    'https://exa mple.test/',
    'https://:99999/',
    'ftp://example.test/',
    'file:///etc/passwd',
    'javascript:1',
    'data:,x',
    'blob:https://example.test/1',
  ])('never to %s', async (location) => {
    const script = scripted(to(location))
    await expect(redirect(script.dispatch)(clientRequest())).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_REDIRECT_REFUSED',
      processed: 'yes',
      origin: 'https://example.test',
    })
    expect(script.requests.length).toBe(1)
  })
})

describe('credentials', () => {
  const headers: HeaderList = [
    'authorization',
    'Bearer secret',
    'cookie',
    'session=secret',
    'proxy-authorization',
    'Basic secret',
    'host',
    'example.test',
    'x-own',
    '1',
  ]

  test.each([
    ['another host', 'https://other.test/'],
    ['another port', 'https://example.test:8443/'],
    ['a subdomain', 'https://sub.example.test/'],
    ['another scheme', 'http://example.test/'],
  ])('do not go to %s', async (_, location) => {
    const { last } = await follow(clientRequest({ headers }), to(location), ok())
    expect(last.headers).toEqual(['x-own', '1'])
  })

  test.each(['/elsewhere', 'https://example.test:443/', 'https://EXAMPLE.test./'])(
    'go on to the same origin: %s',
    async (location) => {
      const { last } = await follow(clientRequest({ headers }), to(location), ok())
      expect(last.headers).toEqual(headers)
    },
  )

  test('do not come back after a detour', async () => {
    const { last } = await follow(
      clientRequest({ headers }),
      to('https://other.test/'),
      to('https://example.test/'),
      ok(),
    )
    expect(headerValue(last.headers, 'authorization')).toBeNull()
    expect(headerValue(last.headers, 'cookie')).toBeNull()
  })
})

describe('limits and modes', () => {
  test('twenty are followed and counted', async () => {
    const { response, requests } = await follow(
      clientRequest(),
      ...Array.from({ length: 20 }, () => to('/')),
      ok(),
    )
    expect(requests.length).toBe(21)
    expect(response.redirects).toBe(20)
  })

  test('the twenty-first is not', async () => {
    const script = scripted(...Array.from({ length: 21 }, () => to('/')))
    await expect(redirect(script.dispatch)(clientRequest())).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_TOO_MANY_REDIRECTS',
      processed: 'yes',
    })
    expect(script.requests.length).toBe(21)
  })

  test('manual hands the redirect to the caller, body and all', async () => {
    const answer = openResponse(302, ['location', '/next'])
    const { response, requests } = await follow(clientRequest({ redirect: 'manual' }), answer.response)
    expect(response).toBe(answer.response)
    expect(requests.length).toBe(1)
    expect(response.body.used).toBe(false)
  })

  test('error refuses it, and lets go of its body', async () => {
    const answer = openResponse(302, ['location', '/next'])
    await expect(follow(clientRequest({ redirect: 'error' }), answer.response)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_REDIRECT_REFUSED',
    })
    expect(answer.log.cancelled).toBe(1)
  })

  test('error lets a plain response through', async () => {
    expect((await follow(clientRequest({ redirect: 'error' }), ok())).response.status).toBe(200)
  })

  test('a response without redirects is handed on as it is', async () => {
    const answer = ok()
    expect((await follow(clientRequest(), answer)).response).toBe(answer)
  })

  test('the response after redirects shows all else of the last one', async () => {
    const answer = clientResponse(201, ['a', '1'], 'text', { url: 'https://example.test/next' })
    const { response } = await follow(clientRequest(), to('/next'), answer)
    expect(response).toMatchObject({
      status: 201,
      headers: ['a', '1'],
      url: 'https://example.test/next',
      redirects: 1,
    })
    expect(await response.body.text()).toBe('text')
  })

  test('an unread body of a redirect does not keep its stream', async () => {
    const big = openResponse(302, ['location', '/next'])
    await follow(clientRequest(), big.response, ok())
    expect(big.log.cancelled).toBe(1)
  })

  test('signal, retry and the rest go along', async () => {
    const { signal } = new AbortController()
    const request = clientRequest({ signal, decompress: false })
    const { last } = await follow(request, to('https://other.test/'), ok())
    expect(last).toMatchObject({ decompress: false, redirect: 'follow', retry: request.retry })
    expect(last.signal).toBe(signal)
  })
})

describe('rules of fetch, which request does not have', () => {
  const rules = (part: Partial<FetchRules> = {}): FetchRules => ({
    mode: 'cors',
    referrer: null,
    integrity: '',
    ...part,
  })
  const refused = expect.objectContaining({ code: 'ERR_TRUNKLINE_REDIRECT_REFUSED' })

  test.each(['https://user@example.test/', 'https://:pw@other.test/', 'https://example.test:6667/'])(
    'a way to %s is refused',
    async (location) => {
      await expect(follow(clientRequest({ rules: rules() }), to(location), ok())).rejects.toEqual(refused)
      expect((await follow(clientRequest(), to(location), ok())).response.status).toBe(200)
    },
  )

  test("mode 'same-origin' stays there", async () => {
    const request = clientRequest({ rules: rules({ mode: 'same-origin' }) })
    expect((await follow(request, to('/next'), ok())).response.status).toBe(200)
    await expect(follow(request, to('https://other.test/'), ok())).rejects.toEqual(refused)
  })

  test('the mode is told where it can be trusted, at each hop', async () => {
    const headers = ['sec-fetch-mode', 'cors']
    const start = clientRequest({ headers, rules: rules({ mode: 'cors' }) })
    const { requests } = await follow(start, to('http://a.test/'), to('http://localhost/'), to('/x'), ok())
    const modes = requests.map((request) => headerValue(request.headers, 'sec-fetch-mode'))
    expect(modes).toEqual(['cors', null, 'cors', 'cors'])
  })

  test('Referer is made anew at each hop, by the policy of the redirect', async () => {
    const referrer = { url: new URL('https://example.test/page?q'), policy: '' }
    const request = clientRequest({ headers: ['referer', 'x', 'a', '1'], rules: rules({ referrer }) })
    const refererAfter = async (...steps: Step[]) =>
      headerValue((await follow(request, ...steps, ok())).last.headers, 'referer')
    const policy = (location: string, value: string) =>
      clientResponse(302, ['location', location, 'referrer-policy', value])
    expect(await refererAfter(to('/next'))).toBe('https://example.test/page?q')
    expect(await refererAfter(to('https://other.test/'))).toBe('https://example.test/')
    expect(await refererAfter(to('https://other.test/'), to('/more'))).toBe('https://example.test/')
    expect(await refererAfter(policy('/next', 'origin'), to('/more'))).toBe('https://example.test/')
    expect(await refererAfter(policy('/next', 'no-referrer'), policy('/more', 'unsafe-url'))).toBeNull()
  })

  test('a Referer of the caller’s own is left alone', async () => {
    const { last } = await follow(
      clientRequest({ headers: ['referer', 'x'], rules: rules() }),
      to('/next'),
      ok(),
    )
    expect(headerValue(last.headers, 'referer')).toBe('x')
  })
})

test('the response says whether a redirect left the origin, even if another came back', async () => {
  const away = to('https://other.test/')
  const back = to('https://example.test/')
  expect((await follow(clientRequest(), to('/next'), ok())).response.crossOrigin).toBe(false)
  expect((await follow(clientRequest(), away, ok())).response.crossOrigin).toBe(true)
  expect((await follow(clientRequest(), away, back, ok())).response.crossOrigin).toBe(true)
})

test('error refuses a redirect that leads nowhere, too', async () => {
  await expect(follow(clientRequest({ redirect: 'error' }), clientResponse(302))).rejects.toMatchObject({
    code: 'ERR_TRUNKLINE_REDIRECT_REFUSED',
  })
  expect((await follow(clientRequest(), clientResponse(302))).response.status).toBe(302)
})

test('a body that flows past once is refused, even where the next request has none', async () => {
  const body = oneShotBody(['x'])
  const post = clientRequest({ method: 'POST', body })
  await expect(follow(post, to('/next', 301), ok())).rejects.toMatchObject({
    code: 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE',
  })
  expect((await follow(post, to('/next', 303), ok())).last.body).toBeNull()
})
