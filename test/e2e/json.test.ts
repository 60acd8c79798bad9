/** Big JSON, sent and read in slices, over real connections. */
import { ClientError, parseJson } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { readBody } from '../support/servers.ts'
import { Bench, rejection } from './support/bench.ts'

const bench = new Bench()

const big = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `entry ä ${id}`, tags: ['a', 'b'] }))
const text = JSON.stringify(big)

describe.each(['h2', 'http/1.1'] as const)('%s', (protocol) => {
  /** Gives back what it got. */
  const echo = (seen: { lengths: (string | undefined)[] }) =>
    bench.server(protocol, {
      handler: async (request, response) => {
        seen.lengths.push(request.headers['content-length'])
        const body = await readBody(request)
        response.setHeader('content-type', request.headers['content-type'] as string)
        response.end(body)
      },
    })

  test('big values arrive whole, small ones with their length', async () => {
    const seen = { lengths: [] as (string | undefined)[] }
    const server = await echo(seen)
    const client = bench.client()
    const send = async (json: unknown) => {
      const { body, headers } = await client.request(server.origin, { method: 'POST', json })
      expect(headers['content-type']).toBe('application/json')
      return body
    }
    expect(await (await send({ a: 'ä' })).text()).toBe('{"a":"ä"}')
    const bodies = await Promise.all(Array.from({ length: 5 }, () => send(big)))
    expect(await (bodies[0] as (typeof bodies)[0]).text()).toBe(text)
    for (const body of bodies.slice(1)) expect(await parseJson(body)).toEqual(big)
    expect(seen.lengths).toEqual(['10', ...Array.from({ length: 5 }, () => undefined)])
  })

  test('a redirect that keeps the method has it sent once more', async () => {
    const bodies: string[] = []
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        bodies.push((await readBody(request)).toString())
        if (request.url === '/') response.writeHead(307, { location: '/there' })
        response.end()
      },
    })
    const { body } = await bench
      .client()
      .request(server.origin, { method: 'PUT', json: big, redirect: 'follow' })
    await body.discard()
    expect(bodies.map((sent) => sent === text)).toEqual([true, true])
  })

  test('what has no JSON form is found on the way, and the server told', async () => {
    let ended = 0
    const server = await bench.server(protocol, {
      handler: async (request, response) => {
        const whole = await readBody(request).catch(() => null)
        if (whole !== null) ended += 1
        response.end()
      },
    })
    const client = bench.client()
    const error = await rejection(client.request(server.origin, { method: 'POST', json: [big, 1n] }))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED', cause: expect.any(TypeError) })
    const { body } = await client.request(server.origin, { method: 'POST', json: 1 })
    await body.discard()
    expect(ended).toBe(1)
  })

  test('a big body of fetch, and one that is cut off', async () => {
    const server = await bench.server(protocol, {
      handler: (request, response) => {
        if (request.url === '/whole') response.end(text)
        else {
          response.writeHead(200, { 'content-length': String(Buffer.byteLength(text)) })
          response.write(text.slice(0, 200_000), () => request.socket.destroy())
        }
      },
    })
    const client = bench.client()
    expect(await parseJson(await client.fetch(`${server.origin}/whole`))).toEqual(big)
    const { body } = await client.request(`${server.origin}/half`)
    expect(await rejection(parseJson(body))).toBeInstanceOf(ClientError)
  })
})
