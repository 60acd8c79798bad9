/** `trunkline/cookies` against real servers. */
import { CookieJar } from 'tough-cookie'
import { cookies } from 'trunkline/cookies'
import { describe, expect, test } from 'vitest'
import { Bench } from './support/bench.ts'

const bench = new Bench()

describe.each(['h2', 'http/1.1'] as const)('%s', (protocol) => {
  const site = () =>
    bench.server(protocol, {
      handler: (request, response) => {
        if (request.url === '/login') {
          response.writeHead(303, {
            location: '/home',
            'set-cookie': [
              'session=7; Path=/; Secure; HttpOnly',
              'theme=dark; Path=/home',
              'nonsense; Domain=com',
            ],
          })
          response.end()
        } else response.end(request.headers.cookie ?? 'none')
      },
    })

  test('a redirect sets cookies, and they go where it leads', async () => {
    const server = await site()
    const jar = new CookieJar()
    const client = bench.client({ networkInterceptors: [cookies({ jar })] })
    const response = await client.fetch(`${server.origin}/login`, {
      method: 'POST',
      headers: { cookie: 'own=1' },
    })
    expect(await response.text()).toBe('own=1; theme=dark; session=7')
    expect(await (await client.fetch(`${server.origin}/other`)).text()).toBe('session=7')
    expect(await jar.getCookieString(`${server.origin}/`)).toBe('session=7')
    // A jar outlives its client.
    const next = bench.client({ networkInterceptors: [cookies({ jar })] })
    expect(await (await next.fetch(server.origin)).text()).toBe('session=7')
  })

  test('another host gets none of them', async () => {
    const server = await site()
    const client = bench.client({ networkInterceptors: [cookies()] })
    await (await client.fetch(`${server.origin}/login`)).text()
    const elsewhere = server.origin.replace('localhost', '127.0.0.1')
    expect(await (await client.fetch(elsewhere)).text()).toBe('none')
  })
})
