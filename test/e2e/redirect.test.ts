import { describe, expect, test } from 'vitest'
import type { RouteHandler } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

/** Redirects `/from` to `location` with `status`; says what arrives everywhere else. */
function redirecting(status: number, location: string): RouteHandler {
  return async (request, response) => {
    if (request.url === '/from') {
      request.resume()
      response.writeHead(status, { location })
      response.end()
      return
    }
    let body = ''
    for await (const chunk of request) body += chunk
    response.end(JSON.stringify({ method: request.method, body, headers: { ...request.headers } }))
  }
}

interface Arrived {
  readonly method: string
  readonly body: string
  readonly headers: Record<string, string>
}

describe.each(['h2', 'http/1.1'] as const)('redirects over %s', (protocol) => {
  test('are followed by fetch; the response says so', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await drained(client.fetch(`${server.origin}/redirect/5`))
    expect(response).toMatchObject({ status: 200, redirected: true, url: `${server.origin}/` })
    expect(server.counts).toMatchObject({ requests: 6, tcpConnections: 1 })
    expect((await drained(client.fetch(server.origin))).redirected).toBe(false)
  })

  test("are handed out with redirect: 'manual', which is the default of request", async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const fetched = await drained(client.fetch(`${server.origin}/redirect/1`, { redirect: 'manual' }))
    expect(fetched.status).toBe(302)
    expect(fetched.headers.get('location')).toBe('/')
    const requested = await client.request(`${server.origin}/redirect/1`)
    await requested.body.bytes()
    expect(requested.status).toBe(302)
    const followed = await client.request(`${server.origin}/redirect/2`, { redirect: 'follow' })
    await followed.body.bytes()
    expect(followed).toMatchObject({ status: 200, url: `${server.origin}/` })
  })

  test("are refused with redirect: 'error'", async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const error = await rejection(client.fetch(`${server.origin}/redirect/1`, { redirect: 'error' }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.cause).toMatchObject({ code: 'ERR_TRUNKLINE_REDIRECT_REFUSED', processed: 'yes' })
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('20 are followed, the 21st is not', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    expect((await drained(client.fetch(`${server.origin}/redirect/20`))).status).toBe(200)
    const error = await rejection(client.fetch(`${server.origin}/redirect/21`))
    expect(error.cause.code).toBe('ERR_TRUNKLINE_TOO_MANY_REDIRECTS')
    await waitFor(() => client.stats().active === 0)
  })
})

describe('methods and bodies', () => {
  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [302, 'PUT', 'PUT', 'payload'],
    [307, 'POST', 'POST', 'payload'],
    [308, 'PUT', 'PUT', 'payload'],
  ])('%i after %s becomes %s', async (status, method, becomes, body) => {
    const server = await bench.h2Server({ handler: redirecting(status, '/to') })
    const response = await bench.client().fetch(`${server.origin}/from`, { method, body: 'payload' })
    const arrived = (await response.json()) as Arrived
    expect(arrived).toMatchObject({ method: becomes, body })
    if (body === '')
      expect(Object.keys(arrived.headers).filter((name) => name.startsWith('content-'))).toEqual([])
    else expect(arrived.headers['content-type']).toBe('text/plain;charset=UTF-8')
  })

  test('303 after HEAD stays HEAD', async () => {
    const methods: string[] = []
    const server = await bench.h2Server({
      handler: (request, response) => {
        methods.push(request.method ?? '')
        if (request.url === '/from') response.writeHead(303, { location: '/to' })
        response.end()
      },
    })
    await drained(bench.client().fetch(`${server.origin}/from`, { method: 'HEAD' }))
    expect(methods).toEqual(['HEAD', 'HEAD'])
  })

  test('307 with a body that flows past once cannot be followed, and says why', async () => {
    const server = await bench.h2Server({ handler: redirecting(307, '/to') })
    async function* once() {
      yield Buffer.from('payload')
    }
    const client = bench.client()
    const error = await rejection(
      client.fetch(`${server.origin}/from`, { method: 'POST', body: once(), duplex: 'half' }),
    )
    expect(error.cause.code).toBe('ERR_TRUNKLINE_BODY_NOT_REPLAYABLE')
    const again = await client.fetch(`${server.origin}/from`, { method: 'POST', body: once })
    expect(await again.json()).toMatchObject({ method: 'POST', body: 'payload' })
  })
})

describe('where to', () => {
  const secrets = { authorization: 'Bearer secret', cookie: 'a=b', 'x-other': 'kept' }

  test('the same origin: credentials go along', async () => {
    const server = await bench.h2Server({ handler: redirecting(302, '/to') })
    const response = await bench.client().fetch(`${server.origin}/from`, { headers: secrets })
    expect(((await response.json()) as Arrived).headers).toMatchObject(secrets)
  })

  test.each(['https', 'http'] as const)('another origin (%s): credentials stay behind', async (scheme) => {
    const other =
      scheme === 'https'
        ? await bench.h2Server({ handler: redirecting(302, '/') })
        : await bench.h1Server({ plain: true, handler: redirecting(302, '/') })
    const server = await bench.h2Server({ handler: redirecting(302, `${other.origin}/to`) })
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/from`, { headers: secrets }).catch((error) => error)
    // A way down from https: to http: may be refused altogether; if it is taken, then without secrets.
    if (response instanceof Error) return expect(scheme).toBe('http')
    const { headers } = (await response.json()) as Arrived
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('cookie')
    expect(headers).toMatchObject({ 'x-other': 'kept' })
    expect(response.url).toBe(`${other.origin}/to`)
  })

  test.each([
    'ftp://localhost/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
    'data:text/plain,x',
  ])('%s is refused', async (location) => {
    const server = await bench.h2Server({ handler: redirecting(302, location) })
    const client = bench.client()
    const error = await rejection(client.fetch(`${server.origin}/from`))
    expect(error.cause.code).toBe('ERR_TRUNKLINE_REDIRECT_REFUSED')
    expect(server.counts.requests).toBe(1)
  })

  test('relative, absolute, with a query, with UTF-8: as a browser would resolve it', async () => {
    for (const [location, url] of [
      ['to', '/a/to'],
      ['../to?x=1', '/to?x=1'],
      ['//LOCALHOST:PORT/to', '/to'],
      [Buffer.from('/grüße').toString('latin1'), '/gr%C3%BC%C3%9Fe'],
    ] as const) {
      const server = await bench.h2Server({
        handler: (request, response) => {
          const target = location.replace('PORT', String(server.port))
          if (request.url === '/a/from') response.writeHead(302, { location: target })
          response.end()
        },
      })
      const response = await drained(bench.client().fetch(`${server.origin}/a/from`))
      expect(response.url).toBe(server.origin + url)
    }
  })

  test('a 3xx without a location is a response like any other', async () => {
    const server = await bench.h2Server()
    const response = await drained(bench.client().fetch(`${server.origin}/status/302`))
    expect(response).toMatchObject({ status: 302, redirected: false })
  })

  test('the body of a redirect, however long, neither stalls nor closes the connection', async () => {
    const server = await bench.h2Server({
      handler: (request, response) => {
        if (request.url !== '/from') {
          response.end('arrived')
          return
        }
        response.writeHead(302, { location: '/to' })
        const fill = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        }
        response.on('drain', fill)
        fill()
      },
    })
    const client = bench.client()
    expect(await (await client.fetch(`${server.origin}/from`)).text()).toBe('arrived')
    await waitFor(() => client.stats().origins[0]?.connections[0]?.openExchanges === 0)
    expect(server.counts.tcpConnections).toBe(1)
  })
})
