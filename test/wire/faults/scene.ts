/** One client, one peer, and what is true of both at the end of any fault. */
import { expect } from 'vitest'
import type { Client, HeaderList, RequestOptions } from '../../../src/index.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import { expectGood } from './expectations.ts'

/** How a request ended. */
export type Outcome =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly rawHeaders: HeaderList
      readonly body: string
      readonly trailers: HeaderList
      readonly protocol: 'h2' | 'http/1.1'
      readonly attempts: number
    }
  | { readonly kind: 'error'; readonly error: unknown }

export interface SendOptions extends RequestOptions {
  /** ms until a request that did not settle counts as hung. */
  readonly deadline?: number
}

/** What hung; it is no error of the client's, so no expectation matches it. */
export class Hang extends Error {
  override readonly name = 'Hang'
}

export const DEADLINE = 4000

let requestIds = 0

export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Hang(`${what} did not settle within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

export abstract class Scene {
  readonly client: Client

  constructor(client: Client) {
    this.client = client
  }

  abstract readonly origin: string
  abstract readonly openConnections: number
  /** Requests that the peer took on, as `METHOD id`, once for each time. */
  protected abstract executed(): string[]
  protected abstract closePeer(): Promise<void>

  /** Never rejects. */
  async send(path = '/', { deadline = DEADLINE, ...options }: SendOptions = {}): Promise<Outcome> {
    const abort = new AbortController()
    requestIds += 1
    const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal
    const headers = { 'x-request-id': String(requestIds), ...(options.headers as object) }
    try {
      const whole = this.#whole(path, { ...options, headers, signal })
      return await within(deadline, `${options.method ?? 'GET'} ${path}`, whole)
    } catch (error) {
      if (error instanceof Hang) abort.abort()
      return { kind: 'error', error }
    }
  }

  /** A request that meets the fault, and, in the turn in which it settled, a probe that must succeed. */
  async play(options: SendOptions = {}, path = '/fault'): Promise<Outcome> {
    const outcome = await this.send(path, options)
    expectGood(await this.send('/probe'))
    return outcome
  }

  async finish(): Promise<void> {
    try {
      await within(4000, 'client.close()', this.client.close({ timeout: 1000 }))
      expect(this.client.stats()).toMatchObject({ connections: 0, active: 0, queued: 0, origins: [] })
      await waitFor(() => this.openConnections === 0, {
        message: () => `${this.openConnections} connections of the client to end`,
      })
      this.#expectNothingTwice()
    } finally {
      this.client.destroy()
      await this.closePeer()
    }
  }

  async #whole(path: string, options: RequestOptions): Promise<Outcome> {
    const response = await this.client.request(`${this.origin}${path}`, options)
    const body = Buffer.from(await response.body.bytes()).toString('latin1')
    const { status, headers, rawHeaders, protocol } = response
    const trailers = await response.trailers
    const { attempts } = response.timings
    return { kind: 'response', status, headers, rawHeaders, body, trailers, protocol, attempts }
  }

  #expectNothingTwice(): void {
    const seen = new Map<string, number>()
    for (const request of this.executed()) seen.set(request, (seen.get(request) ?? 0) + 1)
    const twice = [...seen].filter(([request, times]) => times > 1 && /^(?:POST|PATCH) /.test(request))
    expect(twice).toEqual([])
  }
}

/** Lets everything that is under way on loopback arrive. */
export function settleDown(ms = 30): Promise<void> {
  return sleep(ms)
}
