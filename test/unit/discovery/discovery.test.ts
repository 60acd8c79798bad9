import { describe, expect, test } from 'vitest'
import { BodyQueue } from '../../../src/core/body-queue.ts'
import type { ClientRequest, ClientResponse, Dispatch } from '../../../src/core/dispatch.ts'
import { ConnectError, ConnectionError, LimitError } from '../../../src/core/errors.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { oneShotBody } from '../../../src/core/request-body.ts'
import { ResponseBody } from '../../../src/core/response-body.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import { Discovery } from '../../../src/discovery/discovery.ts'
import { type DiscoveryOptions, settleDiscovery } from '../../../src/discovery/discovery-options.ts'
import type { Endpoint, Resolver } from '../../../src/discovery/resolver.ts'
import { staticResolver } from '../../../src/discovery/static-resolver.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const ENDPOINTS: readonly Endpoint[] = [1, 2, 3].map((port) => ({ host: '10.0.0.1', port }))

type Outcome = number | Error | ((request: ClientRequest) => Promise<ClientResponse>)

/** Each visit of an endpoint takes the next outcome; 200 when there is none left. */
function scene(outcomes: Outcome[] = [], options: Partial<DiscoveryOptions> = {}) {
  const clock = new FakeClock(1000)
  const lifetime = new Lifetime()
  const visited: (number | undefined)[] = []
  const bodies: BodyQueue[] = []
  const rule = settleDiscovery({
    match: ['.service'],
    resolver: staticResolver(ENDPOINTS),
    balancer: 'round-robin',
    ...options,
  })
  const discovery = new Discovery([rule], { clock, lifetime, timeout: 5000, drain: () => {} })
  const next: Dispatch = async (request) => {
    visited.push(request.target.origin.endpoint?.port)
    const outcome = outcomes.shift() ?? 200
    if (outcome instanceof Error) throw outcome
    if (typeof outcome === 'function') return outcome(request)
    const body = new BodyQueue({ pause() {}, resume() {}, cancel() {} })
    bodies.push(body)
    return responseOf(outcome, body)
  }
  const send = (more: Partial<ClientRequest> = {}) =>
    discovery.interceptor(next)({ ...request('https://orders.service/'), ...more })
  const endpoints = () => discovery.stats()[0]?.endpoints ?? []
  return { clock, lifetime, visited, bodies, discovery, send, endpoints }
}

function request(url: string): ClientRequest {
  const target = parseTarget(url)
  const nothing = { headers: [], body: null, signal: null, trailers: null, onInformational: null }
  return {
    ...nothing,
    method: 'GET',
    target,
    redirect: 'manual',
    decompress: false,
    retry: RETRY_DEFAULTS,
  } as ClientRequest
}

function responseOf(status: number, body: BodyQueue): ClientResponse {
  return {
    status,
    headers: [],
    body: new ResponseBody(body),
    url: '',
    redirects: 0,
    protocol: 'h2',
    connectionId: 1,
    streamId: 1,
    timings: { firstByte: 7 } as ClientResponse['timings'],
  }
}

const refused = () => new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', 'no connection')
const lost = () => new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')

describe('a request', () => {
  test('goes to the next endpoint while it is certain that nothing was done', async () => {
    const { send, visited } = scene([refused(), new ConnectionError('ERR_TRUNKLINE_GOAWAY', 'gone')])
    expect((await send()).status).toBe(200)
    expect(visited).toEqual([1, 3, 2])
  })

  test('fails when every endpoint it may be given to failed, with all attempts counted', async () => {
    const errors = [refused(), refused(), refused()]
    for (const error of errors) error.attempts = 2
    const { send, visited } = scene(errors, { attempts: 2 })
    await expect(send()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECT_FAILED', attempts: 4 })
    expect(visited.length).toBe(2)
  })

  test.each<[string, Error, Partial<ClientRequest>]>([
    ['may have been processed', lost(), {}],
    ['is over its limit', new LimitError('ERR_TRUNKLINE_QUEUE_FULL', 'full'), {}],
    ['was aborted', new DOMException('enough', 'AbortError'), {}],
  ])('stays where it %s', async (_title, error, more) => {
    const { send, visited } = scene([error])
    await expect(send(more)).rejects.toBe(error)
    expect(visited.length).toBe(1)
  })

  test('whose body was begun is not given to another endpoint', async () => {
    const body = oneShotBody([])
    const { send, visited } = scene([
      async () => {
        body.open()
        throw refused()
      },
    ])
    await expect(send({ method: 'POST', body })).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECT_FAILED',
    })
    expect(visited.length).toBe(1)
  })

  test.each<[string, Outcome]>([
    ['an error', lost()],
    ['a status of failure', 503],
  ])('that is retried after %s goes elsewhere, as often as that happens', async (_title, outcome) => {
    const { send, visited } = scene([outcome, outcome], { balancer: () => ({ pick: ([one]) => one! }) })
    const { target } = request('https://orders.service/')
    for (let attempt = 0; attempt < 3; attempt += 1) await send({ target }).catch(() => {})
    expect(visited).toEqual([1, 2, 3])
    await send()
    expect(visited.at(-1)).toBe(1)
  })

  test('to another host passes by', async () => {
    const { discovery } = scene()
    const other = request('https://elsewhere.test/')
    const seen = await discovery.interceptor(async (given) => {
      expect(given).toBe(other)
      return responseOf(204, new BodyQueue({ pause() {}, resume() {}, cancel() {} }))
    })(other)
    expect(seen.status).toBe(204)
    expect(discovery.stats()).toEqual([])
    expect(await discovery.place(other.target.origin, null)).toBe(other.target.origin)
  })

  test('keeps its path and URL', async () => {
    let seen: ClientRequest['target'] | undefined
    const { send } = scene([
      async ({ target }) => {
        seen = target
        throw lost()
      },
    ])
    await send({ target: parseTarget('https://orders.service/a?b') }).catch(() => {})
    expect(seen).toMatchObject({ path: '/a?b', href: 'https://orders.service/a?b' })
    expect(seen?.origin).toMatchObject({
      authority: 'orders.service',
      endpoint: { host: '10.0.0.1', port: 1 },
    })
  })
})

describe('what is known of an endpoint', () => {
  test('is how many requests are open there, until their bodies end', async () => {
    const { send, bodies, endpoints } = scene([], { balancer: () => ({ pick: ([one]) => one! }) })
    await Promise.all([send(), send()])
    expect(endpoints()[0]).toMatchObject({ inFlight: 2, latency: 7 })
    for (const body of bodies) body.end(null)
    expect(endpoints()[0]?.inFlight).toBe(0)
  })

  test('is that it failed, before or after the head, and that failing fast is not being fast', async () => {
    const { send, bodies, endpoints } = scene([lost()], { balancer: () => ({ pick: ([one]) => one! }) })
    await send().catch(() => {})
    expect(endpoints()[0]).toMatchObject({ failures: 1, inFlight: 0, latency: 10 })
    const response = await send()
    expect(endpoints()[0]?.failures).toBe(0)
    response.body.text().catch(() => {})
    bodies[0]?.fail(lost())
    expect(endpoints()[0]).toMatchObject({ failures: 1, inFlight: 0, latency: 20 })
  })

  test.each<[string, Error, number]>([
    ['a time limit of the caller that passed', new DOMException('late', 'TimeoutError'), 1],
    ['an abort of the caller', new DOMException('enough', 'AbortError'), 0],
    ['a limit of ours', new LimitError('ERR_TRUNKLINE_QUEUE_FULL', 'full'), 0],
    ['a lost connection', lost(), 1],
  ])('%s counts as %o', async (_title, error, failures) => {
    const { send, endpoints } = scene([error])
    await send().catch(() => {})
    expect(endpoints()[0]?.failures).toBe(failures)
  })

  test('is void when a probe brought it back', async () => {
    const { send, endpoints, clock } = scene([lost()], {
      resolver: staticResolver(ENDPOINTS.slice(0, 1)),
      ejection: { failures: 1, duration: 100, maxShare: 1 },
    })
    await send().catch(() => {})
    expect(endpoints()[0]?.latency).toBe(10)
    await clock.advance(100)
    await send()
    expect(endpoints()[0]).toMatchObject({ state: 'up', latency: 7 })
  })

  test('goes with it when a probe is given up by its caller: the next request is the probe', async () => {
    const { send, endpoints, clock, visited } = scene(
      [lost(), new DOMException('enough', 'AbortError'), 200],
      {
        resolver: staticResolver(ENDPOINTS.slice(0, 1)),
        ejection: { failures: 1, duration: 100, maxShare: 1 },
      },
    )
    await send().catch(() => {})
    expect(endpoints()[0]).toMatchObject({ state: 'ejected', ejectedFor: 100 })
    await clock.advance(100)
    await send().catch(() => {})
    expect(endpoints()[0]?.state).toBe('ejected')
    await send()
    expect(endpoints()[0]?.state).toBe('up')
    expect(visited.length).toBe(3)
  })
})

describe('the resolver', () => {
  function counting(answers: (readonly Endpoint[] | Error | Promise<readonly Endpoint[]>)[]) {
    let asked = 0
    const resolver: Resolver = {
      async resolve() {
        const answer = answers[Math.min(asked, answers.length - 1)]
        asked += 1
        if (answer instanceof Error) throw answer
        return answer ?? []
      },
    }
    return { resolver, count: () => asked }
  }

  test('is asked once by all who come first, and again in the background when the set is old', async () => {
    const { resolver, count } = counting([ENDPOINTS, ENDPOINTS.slice(2)])
    const { send, clock, visited } = scene([], { resolver, refresh: 1000 })
    await Promise.all([send(), send(), send()])
    expect(count()).toBe(1)
    await clock.advance(1000)
    await Promise.all([send(), send()])
    await clock.flush()
    expect(count()).toBe(2)
    await send()
    expect(visited.at(-1)).toBe(3)
  })

  test('that fails leaves the set as it is, and is asked again after a while', async () => {
    const { resolver, count } = counting([ENDPOINTS, new Error('down')])
    const { send, clock } = scene([], { resolver, refresh: 1000 })
    await send()
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1000)
      for (let turn = 0; turn < 5; turn += 1) expect((await send()).status).toBe(200)
      await clock.flush()
    }
    expect(count()).toBe(6)
  })

  test('that fails at first fails those who wait, and the next request asks again', async () => {
    const { resolver, count } = counting([new Error('down'), ENDPOINTS])
    const { send } = scene([], { resolver })
    const both = await Promise.allSettled([send(), send()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(count()).toBe(1)
    expect((await send()).status).toBe(200)
  })

  test('that knew nobody is waited for when it is asked again', async () => {
    const { resolver } = counting([[], ENDPOINTS])
    const { send, clock } = scene([], { resolver, refresh: 1000 })
    await expect(send()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_DISCOVERY_FAILED' })
    await expect(send()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_DISCOVERY_FAILED' })
    await clock.advance(1000)
    expect((await send()).status).toBe(200)
  })

  test('that hangs ends in DNS_TIMEOUT, and is asked anew', async () => {
    const { resolver, count } = counting([new Promise(() => {}), ENDPOINTS])
    const { send, clock } = scene([], { resolver })
    const first = send()
    const outcome = expect(first).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_DNS_TIMEOUT', phase: 'dns' })
    expect(clock.pendingRefs).toBe(1)
    await clock.advance(5000)
    await outcome
    expect((await send()).status).toBe(200)
    expect([count(), clock.pending]).toEqual([2, 0])
  })

  test('is not waited for by who was aborted, nor by anybody when the client ends', async () => {
    const { resolver } = counting([new Promise(() => {})])
    const { send, clock, lifetime } = scene([], { resolver })
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = expect(send({ signal: controller.signal })).rejects.toBe(reason)
    const end = new Error('destroyed')
    const ended = expect(send()).rejects.toBe(end)
    controller.abort(reason)
    await aborted
    lifetime.end(end)
    await ended
    expect(clock.pending).toBe(0)
  })
})

describe('a watch', () => {
  function watched() {
    const watches: { push(set: readonly Endpoint[]): void; fail(error: Error): void; signal: AbortSignal }[] =
      []
    const resolver: Resolver = {
      resolve: async () => ENDPOINTS,
      async *watch(_name, signal) {
        let wake: { resolve(set: readonly Endpoint[]): void; reject(error: Error): void }
        let next = new Promise<readonly Endpoint[]>((resolve, reject) => {
          wake = { resolve, reject }
        })
        watches.push({ push: (set) => wake.resolve(set), fail: (error) => wake.reject(error), signal })
        for (;;) {
          yield await next
          next = new Promise((resolve, reject) => {
            wake = { resolve, reject }
          })
        }
      },
    }
    return { resolver, watches }
  }

  test('changes the set as it comes, and nobody asks again', async () => {
    const { resolver, watches } = watched()
    const { send, clock, visited } = scene([], { resolver })
    await send()
    watches[0]?.push(ENDPOINTS.slice(1, 2))
    await clock.flush()
    await send()
    expect(visited.at(-1)).toBe(2)
    await clock.advance(1e6)
    await send()
    expect(watches.length).toBe(1)
  })

  test('that breaks, or gives nonsense, is taken up again later and later; the set stays', async () => {
    const { resolver, watches } = watched()
    const { send, clock, endpoints } = scene([], { resolver })
    await send()
    await clock.flush()
    const waits: (number | undefined)[] = []
    for (let failure = 0; failure < 7; failure += 1) {
      const watch = watches.at(-1)
      if (failure % 2 === 0) watch?.fail(new Error('broken'))
      else watch?.push([{ host: '', port: 0 }])
      await clock.flush()
      waits.push(clock.dueIn[0])
      await clock.next()
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(endpoints().length).toBe(3)
    expect(clock.pendingRefs).toBe(0)
    watches.at(-1)?.push(ENDPOINTS)
    await clock.flush()
    watches.at(-1)?.fail(new Error('broken'))
    await clock.flush()
    expect(clock.dueIn).toEqual([1000])
  })

  test('ends with the client', async () => {
    const { resolver, watches } = watched()
    const { send, clock, discovery } = scene([], { resolver })
    await send()
    await clock.flush()
    watches[0]?.fail(new Error('broken'))
    await clock.flush()
    expect(clock.pending).toBe(1)
    discovery.close()
    expect(watches[0]?.signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
