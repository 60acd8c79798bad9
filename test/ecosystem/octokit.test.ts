/** octokit reads headers by iteration, sniffs content types, and puts an error's cause into its own message. */
import { Octokit } from '@octokit/core'
import { describe, expect, test } from 'vitest'
import { defaultRoutes, readBody, type ServerReply, type ServerRequest } from '../support/servers.ts'
import { json, pathOf, queryOf } from './support/http.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()

describe.each(lanes)('octokit over $name', (lane) => {
  async function open(): Promise<{ octokit: Octokit; origin: string }> {
    const { fetch, origin } = await stand.open(lane, handle)
    return { octokit: new Octokit({ auth: 'token', baseUrl: origin, request: { fetch } }), origin }
  }

  test('a resource, with the headers that callers look at', async () => {
    const { octokit, origin } = await open()
    const { data, headers, status, url } = await octokit.request('GET /repos/{owner}/{repo}', {
      owner: 'trunk',
      repo: 'line',
    })
    expect(data).toMatchObject({ full_name: 'trunk/line' })
    expect({ status, url }).toEqual({ status: 200, url: `${origin}/repos/trunk/line` })
    expect(headers).toMatchObject({ 'x-ratelimit-remaining': '41', etag: '"7"' })
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
  })

  test('pages, by their link headers', async () => {
    const { octokit, origin } = await open()
    const numbers: number[] = []
    let next: string | undefined = `${origin}/repos/trunk/line/issues?page=1`
    while (next !== undefined) {
      const page: { data: { number: number }[]; headers: { link?: string } } = await octokit.request(
        `GET ${next}`,
      )
      numbers.push(...page.data.map(({ number }) => number))
      next = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? '')?.[1]
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('errors with what the server said about them', async () => {
    const { octokit } = await open()
    const error = await rejection(octokit.request('POST /repos/trunk/line/issues', { title: '' }))
    expect(error).toMatchObject({
      name: 'HttpError',
      status: 422,
      message: 'Validation Failed: {"field":"title","code":"missing"} - https://docs.example.com',
    })
    expect(error.response.headers['x-ratelimit-remaining']).toBe('41')
  })

  test('not modified', async () => {
    const { octokit } = await open()
    const headers = { 'if-none-match': '"7"' }
    const error = await rejection(octokit.request('GET /repos/trunk/line', { headers }))
    expect(error).toMatchObject({ status: 304, message: 'Not modified' })
  })

  test('a mutation, with its JSON, and an answer without content', async () => {
    const { octokit } = await open()
    const made = await octokit.request('POST /repos/trunk/line/issues', { title: 'It works' })
    expect([made.status, made.data]).toEqual([201, { title: 'It works', authorization: 'token token' }])
    const gone = await octokit.request('DELETE /status/204')
    expect([gone.status, gone.data]).toEqual([204, ''])
  })

  test('bytes up and down: an asset', async () => {
    const { octokit } = await open()
    const data = Buffer.alloc(100_000, 7)
    const headers = { 'content-type': 'application/zip' }
    const stored = await octokit.request('POST /upload', { data, headers })
    expect(stored.data).toMatchObject({ length: 100_000 })
    const { data: bytes } = await octokit.request('GET /bytes/1000')
    expect(bytes).toBeInstanceOf(ArrayBuffer)
    expect(bytes.byteLength).toBe(1000)
    const whole = await octokit.request('GET /bytes/1000', { request: { parseSuccessResponseBody: false } })
    expect(whole.data).toBeInstanceOf(ReadableStream)
    expect((await new Response(whole.data).bytes()).length).toBe(1000)
  })

  test('GraphQL, with its errors', async () => {
    const { octokit } = await open()
    expect(await octokit.graphql('query { viewer { login } }')).toEqual({ viewer: { login: 'ada' } })
    expect(await rejection(octokit.graphql('query { nonsense }'))).toMatchObject({
      name: 'GraphqlResponseError',
      errors: [{ message: 'No nonsense.' }],
    })
  })

  test('its hooks', async () => {
    const { octokit } = await open()
    const seen: string[] = []
    octokit.hook.wrap('request', async (request, options) => {
      seen.push(`before ${options.method}`)
      const response = await request(options)
      seen.push(`after ${response.status}`)
      return response
    })
    await octokit.request('GET /repos/trunk/line')
    expect(seen).toEqual(['before GET', 'after 200'])
  })

  test('a redirect, followed or not', async () => {
    const { octokit, origin } = await open()
    const moved = await octokit.request('GET /moved')
    expect(moved.url).toBe(`${origin}/repos/trunk/line`)
    const error = octokit.request('GET /moved', { request: { redirect: 'manual' } })
    expect((await error).status).toBe(302)
  })

  test('an abort, and nobody there', async () => {
    const { octokit } = await open()
    const controller = new AbortController()
    const pending = octokit.request('GET /hang', { request: { signal: controller.signal } })
    setTimeout(() => controller.abort(), 20)
    expect(await rejection(pending)).toMatchObject({ name: 'AbortError', status: 500 })

    const nobody = await rejection(octokit.request('GET https://localhost:2/'))
    expect(nobody).toMatchObject({ name: 'HttpError', status: 500, cause: { message: 'fetch failed' } })
    // The message is that of the cause's cause, and differs with who fetches.
    expect(nobody.message).not.toBe('fetch failed')
  })
})

const limits = { 'x-ratelimit-remaining': '41' }

async function handle(request: ServerRequest, response: ServerReply): Promise<void> {
  const { method, headers } = request
  switch (`${method} ${pathOf(request)}`) {
    case 'GET /repos/trunk/line':
      if (headers['if-none-match'] === '"7"') {
        response.writeHead(304, { etag: '"7"' })
        response.end()
        return
      }
      return json(response, 200, { full_name: 'trunk/line' }, { ...limits, etag: '"7"' })
    case 'GET /repos/trunk/line/issues': {
      const page = Number(queryOf(request).get('page'))
      const origin = `https://${headers[':authority'] ?? headers.host}`
      const link = `<${origin}/repos/trunk/line/issues?page=${page + 1}>; rel="next"`
      const issues = [{ number: page * 2 - 1 }, { number: page * 2 }]
      return json(response, 200, issues, page < 3 ? { link } : {})
    }
    case 'POST /repos/trunk/line/issues': {
      const { title } = JSON.parse((await readBody(request)).toString())
      if (title === '') {
        const errors = [{ field: 'title', code: 'missing' }]
        const said = { message: 'Validation Failed', errors, documentation_url: 'https://docs.example.com' }
        return json(response, 422, said, limits)
      }
      return json(response, 201, { title, authorization: headers.authorization })
    }
    case 'POST /graphql': {
      const { query } = JSON.parse((await readBody(request)).toString())
      if (query.includes('viewer')) return json(response, 200, { data: { viewer: { login: 'ada' } } })
      return json(response, 200, { data: null, errors: [{ message: 'No nonsense.' }] })
    }
    case 'GET /moved':
      response.writeHead(302, { location: '/repos/trunk/line' })
      response.end()
      return
    default:
      await defaultRoutes(request, response)
  }
}
