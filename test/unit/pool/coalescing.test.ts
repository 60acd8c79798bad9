import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TlsPolicy } from '../../../src/connect/tls-identity.ts'
import { BodyQueue } from '../../../src/core/body-queue.ts'
import type { ClientRequest, ClientResponse, Dispatch } from '../../../src/core/dispatch.ts'
import { ConnectionError } from '../../../src/core/errors.ts'
import { type Origin, parseTarget } from '../../../src/core/origin.ts'
import { ResponseBody } from '../../../src/core/response-body.ts'
import type { CoalescingContext } from '../../../src/pool/coalescing.ts'
import type { OriginPool } from '../../../src/pool/origin-pool.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { clientRequest, textBody } from '../fakes/exchange.ts'
import { Trips } from '../fakes/trips.ts'

const covered = vi.hoisted(() => ({ hosts: new Set<string>() }))
vi.mock('../../../src/connect/certificate-cover.ts', () => ({
  certificateCovers: (_socket: unknown, hostname: string) => covered.hosts.has(hostname),
}))
const { createCoalescing } = await import('../../../src/pool/coalescing.ts')

const A = parseTarget('https://a.test/').origin
const B = 'https://b.test/'
const PLAIN = new TlsPolicy({})

interface Lent {
  standing: string
  origins: string[] | undefined
}

/** Pool A with one connection; requests to B, which resolves to the same address. */
function scene() {
  const clock = new FakeClock(1000)
  const lent: Lent = { standing: 'ready', origins: undefined }
  const connection = {
    id: 7,
    protocol: 'h2',
    dialled: { remoteAddress: '192.0.2.1' },
    get standing() {
      return lent.standing
    },
    stats: () => ({ origins: lent.origins }),
  }
  const pools = [{ origin: A, connections: new Set([connection]), dialling: 0 }]
  const looked: string[] = []
  let answer: Promise<{ address: string; family: 4 }[]> = Promise.resolve([
    { address: '192.0.2.1', family: 4 },
  ])
  const addresses = {
    find: (hostname: string) => {
      looked.push(hostname)
      return answer
    },
  }
  const policies = new Map<string, TlsPolicy>()
  const policyOf = ({ hostname }: Origin) => policies.get(hostname) ?? PLAIN
  const context = { clock, policyOf, addresses, pools: () => pools as unknown as OriginPool[] }
  const interceptor = createCoalescing(context as unknown as CoalescingContext)
  /** Key of the pool that each request went to. */
  const went: string[] = []
  const outcomes: (number | Error)[] = []
  const next: Dispatch = async ({ target }) => {
    went.push(target.origin.key)
    const outcome = outcomes.shift() ?? 200
    if (outcome instanceof Error) throw outcome
    return { status: outcome, body: new ResponseBody(new BodyQueue(SOURCE)) } as unknown as ClientResponse
  }
  const send = (part: Partial<ClientRequest> = {}, url = B) => interceptor(next)(clientRequest(part, url))
  const resolve = (given: typeof answer) => {
    answer = given
  }
  return { clock, lent, policies, pools, looked, resolve, went, outcomes, send }
}

const SOURCE = { pause() {}, resume() {}, cancel() {} }

beforeEach(() => void covered.hosts.add('b.test'))
afterEach(() => covered.hosts.clear())

describe('a request', () => {
  test('rides on a connection that will do, which is looked for once', async () => {
    const { send, went, looked } = scene()
    await send()
    await send()
    expect(went).toEqual([A.key, A.key])
    expect(looked).toEqual(['b.test'])
  })

  test.each<[string, (of: ReturnType<typeof scene>) => void]>([
    ['the certificate does not cover its host', () => covered.hosts.clear()],
    [
      'its host is elsewhere',
      ({ resolve }) => resolve(Promise.resolve([{ address: '192.0.2.2', family: 4 }])),
    ],
    ['its host is nowhere', ({ resolve }) => resolve(Promise.reject(new Error('ENOTFOUND')))],
    [
      'its client certificate is another one',
      ({ policies }) => policies.set('b.test', new TlsPolicy({ cert: 'B' })),
    ],
    [
      'it has pins, and the host of the connection has none',
      ({ policies }) => policies.set('b.test', new TlsPolicy({}, { pins: ['sha256/B'] })),
    ],
    ['the connection is closing', ({ lent }) => Object.assign(lent, { standing: 'draining' })],
    ['the connection is doubted', ({ lent }) => Object.assign(lent, { standing: 'suspect' })],
    [
      'the server does not name its origin',
      ({ lent }) => Object.assign(lent, { origins: ['https://c.test'] }),
    ],
    [
      'its origin dials',
      ({ pools }) => void pools.push({ origin: parseTarget(B).origin, connections: new Set(), dialling: 1 }),
    ],
  ])('gets its own when %s', async (_title, change) => {
    const one = scene()
    change(one)
    await one.send()
    expect(one.went).toEqual(['https://b.test'])
  })

  test.each(['http://b.test/', 'https://b.test:8443/'])('to %s is no matter of it', async (url) => {
    const { send, went, looked } = scene()
    await send({}, url)
    expect([went, looked]).toEqual([[parseTarget(url).origin.key], []])
  })

  test('gets its own when the look-up takes long', async () => {
    const { send, went, resolve, clock } = scene()
    resolve(new Promise(() => {}))
    const sent = send()
    await clock.advance(250)
    await sent
    expect([went, clock.pending]).toEqual([['https://b.test'], 0])
  })

  test('moves when its pins were changed since', async () => {
    const { send, went, policies } = scene()
    await send()
    policies.set('b.test', new TlsPolicy({}, { pins: ['sha256/B'] }))
    await send()
    expect(went).toEqual([A.key, 'https://b.test'])
  })

  test('moves when the connection is not there any more, or its server names others', async () => {
    const { send, went, lent } = scene()
    await send()
    lent.origins = ['https://b.test']
    await send()
    lent.origins = ['https://c.test']
    await send()
    expect(went).toEqual([A.key, A.key, 'https://b.test'])
  })

  test('that found the connection gone is sent over one of its own', async () => {
    const { send, went, outcomes } = scene()
    outcomes.push(new ConnectionError('ERR_TRUNKLINE_CONNECTION_UNUSABLE', 'gone'))
    expect((await send({ method: 'POST', body: textBody('x') })).status).toBe(200)
    expect(went).toEqual([A.key, 'https://b.test'])
  })

  test('that failed otherwise fails, under its own origin', async () => {
    const { send, went, outcomes } = scene()
    outcomes.push(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost', { origin: A.key }))
    await expect(send()).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
      origin: 'https://b.test',
    })
    expect(went.length).toBe(1)
  })
})

test('a 421 is believed for ten minutes', async () => {
  const { send, went, outcomes, clock } = scene()
  outcomes.push(421)
  expect((await send()).status).toBe(200)
  await send()
  await clock.advance(10 * 60 * 1000)
  await send()
  expect(went).toEqual([A.key, 'https://b.test', 'https://b.test', A.key])
})

describe('a round trip that rides', () => {
  const riding = (rides: (id: number) => boolean) => {
    const target = parseTarget('https://example.test/')
    return { target: { ...target, origin: { ...target.origin, rides } } }
  }

  test('takes no connection but its own', async () => {
    const trips = new Trips()
    const { call } = await trips.sent(riding(() => false))
    await call.done
    expect(call.error).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
      processed: 'no',
      attempts: 0,
    })
    expect(trips.h2.last.exchanges.length).toBe(0)
  })

  test('hands a 421 out, and leaves the connection as it is', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent(riding((id) => id === 1))
    exchange.respond(421).finish()
    await call.done
    expect(call.response?.status).toBe(421)
    expect(trips.h2.last.state).toBe('open')
  })
})
