/** The same call of `fetch` by the platform and by us, at the same server: what it saw, and what the caller sees. */
import { expect } from 'vitest'
import type { RouteHandler } from '../../support/servers.ts'

export type AnyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Fields that differ by design: they name the client, or the connection. */
const OWN = new Set(['user-agent', 'connection', 'keep-alive', 'host', 'date'])

interface Arrived {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: readonly string[]
  readonly body: string
}

/**
 * `/seen...` says what arrived; `/answer?...` answers with `status`, `headers` and `body`; `/hop?...` redirects with
 * `status` and `headers` to `to`.
 */
export const parityRoutes: RouteHandler = async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const { status = '200', headers = '{}', body = '', to } = Object.fromEntries(url.searchParams)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (url.pathname.startsWith('/seen')) {
    const arrived: Arrived = {
      method: request.method,
      url: request.url,
      headers: ownFieldsOut(request.rawHeaders),
      body: Buffer.concat(chunks).toString('latin1'),
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(arrived))
    return
  }
  const location = to === undefined ? {} : { location: Buffer.from(to).toString('latin1') }
  response.writeHead(Number(status), { ...location, ...(JSON.parse(headers) as Record<string, string>) })
  response.end(Buffer.from(body, 'latin1'))
}

function ownFieldsOut(raw: readonly string[]): string[] {
  const fields: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    if (!OWN.has(name) && !name.startsWith(':')) fields.push(`${name}: ${raw[index + 1]}`)
  }
  return fields.sort()
}

/** What a caller can see of a call, failures too. */
export async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    const value = await call()
    return value instanceof Response ? await shown(value) : value
  } catch (error) {
    return failure(error)
  }
}

async function shown(response: Response): Promise<unknown> {
  const { status, statusText, type, url, redirected, ok } = response
  const headers = [...response.headers].filter(([name]) => !OWN.has(name) && name !== 'content-length')
  return {
    status,
    statusText,
    type,
    url,
    redirected,
    ok,
    headers,
    body: await outcome(() => response.text()),
  }
}

/** Messages that are the platform's here too, since programs look for them. */
const COMMON_WORDS = /^(?:fetch failed$|terminated$|Failed to parse|Body is unusable|Request with GET)/

/** An error by what programs look at: its class, and of the message what the platform itself says to all. */
export function failure(error: unknown): unknown {
  // A mistake of the test's would be the same to both.
  if (error instanceof ReferenceError) throw error
  if (!(error instanceof Error) && !(error instanceof DOMException)) return { thrown: error }
  const { name, message } = error
  return { error: name, ...(COMMON_WORDS.test(message) ? { message } : {}) }
}

/** A boundary of a form is never the same. */
export function withoutBoundaries(value: unknown): string {
  return JSON.stringify(value).replaceAll(/----formdata-[\w-]+/g, 'BOUNDARY')
}

/** Checks that a call comes to the same with the platform's fetch and with ours, which may be another one for each test. */
export function sameAsPlatform(ours: () => AnyFetch): (call: Call) => Promise<void> {
  return async (call) => {
    // One connection each and no more: the bench looks for those that are left open.
    const theirs = await outcome(() => call(globalThis.fetch as AnyFetch))
    expect(withoutBoundaries(await outcome(() => call(ours())))).toBe(withoutBoundaries(theirs))
  }
}

type Call = (fetch: AnyFetch) => Promise<unknown>
