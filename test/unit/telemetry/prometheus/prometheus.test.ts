/** The metrics by events that are published by hand: what each of them counts, and what bounds its labels. */
import { Registry } from 'prom-client'
import { type PrometheusOptions, prometheus } from 'trunkline/prometheus'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EVENT_NAMES, type EventName, events, type TrunklineEvents } from '../../../../src/core/events.ts'
import { METRICS } from '../../../../src/telemetry/prometheus/metrics.ts'
import { type Family, parsePrometheusText, sampleValue } from '../../../support/prometheus-text.ts'

const ORIGIN = 'https://api.example.com'
const disposals: (() => void)[] = []

afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

function start(options: PrometheusOptions = {}, registry = new Registry()) {
  const metrics = prometheus(registry, { eventLoop: false, ...options })
  disposals.push(() => metrics.dispose())
  const scrape = async () => parsePrometheusText(await registry.metrics())
  return { registry, metrics, scrape }
}

function publish<Name extends EventName>(name: Name, payload: Partial<TrunklineEvents[Name]>): void {
  events[name].publish({ at: 0, origin: ORIGIN, error: null, ...payload } as TrunklineEvents[Name])
}

const failure = (code: string) => ({ code, message: 'it failed', error: null })

function end(payload: Partial<TrunklineEvents['request:end']>): void {
  publish('request:end', {
    ...{ requestId: 1, method: 'GET', url: `${ORIGIN}/`, status: 200, protocol: 'h2', duration: 30 },
    ...payload,
  })
}

function labelsIn(families: Map<string, Family>, name: string, label: string): string[] {
  return [...new Set(families.get(name)?.samples.map(({ labels }) => labels[label] ?? ''))].sort()
}

describe('requests', () => {
  test('are timed by origin, method, class of status and protocol', async () => {
    const { scrape } = start()
    end({ duration: 30 })
    end({ duration: 300, status: 204 })
    end({ method: 'POST', status: 503, protocol: 'http/1.1' })
    const families = await scrape()
    const labels = { origin: ORIGIN, method: 'GET', status: '2xx', protocol: 'h2' }
    const name = 'trunkline_request_duration_seconds'
    expect(sampleValue(families, `${name}_count`, labels)).toBe(2)
    expect(sampleValue(families, `${name}_sum`, labels)).toBeCloseTo(0.33)
    expect(sampleValue(families, `${name}_bucket`, { ...labels, le: '0.05' })).toBe(1)
    expect(sampleValue(families, `${name}_bucket`, { ...labels, le: '0.5' })).toBe(2)
    const post = { origin: ORIGIN, method: 'POST', status: '5xx', protocol: 'http/1.1' }
    expect(sampleValue(families, `${name}_count`, post)).toBe(1)
  })

  test('that fail are timed apart, and counted by code', async () => {
    const { scrape } = start()
    end({ status: null, protocol: null, error: failure('ERR_TRUNKLINE_CONNECT_FAILED') })
    end({ status: 200, error: failure('AbortError') })
    end({ status: 200, error: failure('SomethingOfYours') })
    const families = await scrape()
    expect(labelsIn(families, 'trunkline_request_errors_total', 'code')).toEqual([
      'AbortError',
      'ERR_TRUNKLINE_CONNECT_FAILED',
      'other',
    ])
    expect(labelsIn(families, 'trunkline_request_duration_seconds', 'status')).toEqual(['error'])
    expect(labelsIn(families, 'trunkline_request_duration_seconds', 'protocol')).toEqual(['h2', 'none'])
  })

  test('are in flight from start to end, and those that had begun before are not missed', async () => {
    const { scrape } = start()
    for (const requestId of [7, 8, 9]) publish('request:start', { requestId })
    end({ requestId: 8 })
    end({ requestId: 3 })
    expect(sampleValue(await scrape(), 'trunkline_requests_in_flight', { origin: ORIGIN })).toBe(2)
  })

  test('that wait are counted while they do, and timed by how it ended', async () => {
    const { scrape } = start()
    for (const attemptId of [1, 2, 3]) publish('queue:start', { attemptId })
    publish('queue:end', { attemptId: 1, duration: 20 })
    publish('queue:end', { attemptId: 2, duration: 7000, error: failure('ERR_TRUNKLINE_QUEUE_TIMEOUT') })
    publish('queue:end', { attemptId: 99, duration: 1 })
    const families = await scrape()
    expect(sampleValue(families, 'trunkline_requests_queued', { origin: ORIGIN })).toBe(1)
    expect(
      ['sent', 'failed'].map((outcome) =>
        sampleValue(families, 'trunkline_queue_wait_seconds_count', { origin: ORIGIN, outcome }),
      ),
    ).toEqual([2, 1])
  })

  test('that are sent again are counted by reason', async () => {
    const { scrape } = start()
    publish('retry', { status: 503 })
    publish('retry', { status: null, error: failure('ERR_TRUNKLINE_CONNECTION_LOST') })
    publish('replay', { status: null, error: failure('ERR_TRUNKLINE_GOAWAY') })
    publish('replay', { status: 421 })
    publish('breaker', { from: 'closed', to: 'open' })
    const families = await scrape()
    expect(sampleValue(families, 'trunkline_retries_total', { origin: ORIGIN, reason: '5xx' })).toBe(1)
    const lost = { origin: ORIGIN, reason: 'ERR_TRUNKLINE_CONNECTION_LOST' }
    expect(sampleValue(families, 'trunkline_retries_total', lost)).toBe(1)
    const goAway = { origin: ORIGIN, reason: 'ERR_TRUNKLINE_GOAWAY' }
    expect(sampleValue(families, 'trunkline_replays_total', goAway)).toBe(1)
    expect(sampleValue(families, 'trunkline_replays_total', { origin: ORIGIN, reason: '4xx' })).toBe(1)
    expect(sampleValue(families, 'trunkline_breaker_changes_total', { origin: ORIGIN, state: 'open' })).toBe(
      1,
    )
  })
})

describe('connections', () => {
  const opened = { protocol: 'h2', dns: 2, connect: 10, tunnel: null, handshake: 25 } as const

  test('are counted by state, and when they close by why', async () => {
    const { scrape } = start()
    for (const connectionId of [1, 2, 3]) publish('connection:open', { connectionId, ...opened })
    publish('connection:draining', { connectionId: 1 })
    publish('connection:draining', { connectionId: 1 })
    publish('connection:draining', { connectionId: 77 })
    publish('connection:closed', { connectionId: 2, protocol: 'h2' })
    publish('connection:closed', {
      connectionId: 78,
      protocol: 'h2',
      error: failure('ERR_TRUNKLINE_PING_TIMEOUT'),
    })
    const families = await scrape()
    const of = (state: string) =>
      sampleValue(families, 'trunkline_connections', { origin: ORIGIN, protocol: 'h2', state })
    expect([of('open'), of('draining')]).toEqual([1, 1])
    expect(labelsIn(families, 'trunkline_connections_closed_total', 'code')).toEqual([
      'ERR_TRUNKLINE_PING_TIMEOUT',
      'none',
    ])
  })

  test('are timed by phase; phases that did not take place are left out', async () => {
    const { scrape } = start()
    publish('connection:open', { connectionId: 1, ...opened })
    publish('connection:open', { connectionId: 2, ...opened, dns: null, tunnel: null, handshake: null })
    publish('dial:end', { error: failure('ERR_TRUNKLINE_DNS_FAILED') })
    const families = await scrape()
    expect(
      ['dns', 'connect', 'tls'].map((phase) =>
        sampleValue(families, 'trunkline_dial_phase_seconds_count', { origin: ORIGIN, phase }),
      ),
    ).toEqual([1, 2, 1])
    const failed = { origin: ORIGIN, code: 'ERR_TRUNKLINE_DNS_FAILED' }
    expect(sampleValue(families, 'trunkline_dial_errors_total', failed)).toBe(1)
  })

  test('tell their handshakes, PINGs and GOAWAYs', async () => {
    const { scrape } = start()
    for (const resumed of [false, true, true]) publish('tls:end', { resumed, withProxy: false })
    publish('tls:end', { resumed: true, withProxy: true })
    publish('tls:end', { resumed: false, withProxy: false, error: failure('ERR_TRUNKLINE_TLS_FAILED') })
    publish('ping:end', { roundTrip: 40 })
    publish('ping:end', { roundTrip: null })
    publish('goaway', { http2Code: 11 })
    publish('goaway', { http2Code: 4711 })
    const families = await scrape()
    expect(
      ['true', 'false'].map((resumed) =>
        sampleValue(families, 'trunkline_tls_handshakes_total', { origin: ORIGIN, resumed }),
      ),
    ).toEqual([2, 1])
    expect(sampleValue(families, 'trunkline_ping_round_trip_seconds_sum', { origin: ORIGIN })).toBeCloseTo(
      0.04,
    )
    expect(labelsIn(families, 'trunkline_goaways_total', 'code')).toEqual(['ENHANCE_YOUR_CALM', 'other'])
  })
})

describe('labels are bounded', () => {
  test('origins by number, methods and codes by what is known', async () => {
    const { scrape } = start({ maxOrigins: 2 })
    for (let index = 0; index < 50; index += 1)
      end({ origin: `https://${index}.example`, method: `M${index}`, error: failure(`Error${index}`) })
    end({ origin: 'https://1.example' })
    const families = await scrape()
    const origins = ['https://0.example', 'https://1.example', 'other']
    expect(labelsIn(families, 'trunkline_request_duration_seconds', 'origin')).toEqual(origins)
    expect(labelsIn(families, 'trunkline_request_duration_seconds', 'method')).toEqual(['GET', 'other'])
    expect(labelsIn(families, 'trunkline_request_errors_total', 'code')).toEqual(['other'])
  })

  test('endpoints of a service count as their origin', async () => {
    const { scrape } = start()
    publish('ping:end', { origin: `${ORIGIN}#10.0.0.7:443`, roundTrip: 1 })
    expect(labelsIn(await scrape(), 'trunkline_ping_round_trip_seconds', 'origin')).toEqual([ORIGIN])
  })

  test('routes by templates, and by number', async () => {
    const { scrape } = start({ routes: ['/users/:id', '/items/:id'], maxRoutes: 1 })
    for (const path of ['/users/1', '/users/2?x', '/items/1', '/else']) end({ url: `${ORIGIN}${path}` })
    const families = await scrape()
    const routes = ['/users/:id', 'none', 'other']
    expect(labelsIn(families, 'trunkline_request_duration_seconds', 'route')).toEqual(routes)
  })

  test('a route function that throws ends nothing, and is warned of once', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const { scrape } = start({
      routes: () => {
        throw new Error('of yours')
      },
    })
    for (const _ of [1, 2]) end({})
    expect(labelsIn(await scrape(), 'trunkline_request_duration_seconds', 'route')).toEqual(['none'])
    expect(warn).toHaveBeenCalledTimes(1)
    warn.mockRestore()
  })

  test('values that need escapes are escaped', async () => {
    const origin = 'https://a.example/"\\\n'
    const { scrape } = start()
    end({ origin })
    expect(labelsIn(await scrape(), 'trunkline_request_duration_seconds', 'origin')).toEqual([origin])
  })
})

describe('a registry', () => {
  const listeners = () => EVENT_NAMES.filter((name) => events[name].hasSubscribers)

  test('has each metric of the table, with its prefix and its labels', async () => {
    const { registry } = start({ prefix: 'app_' })
    const names = registry.getMetricsAsArray().map(({ name }) => name)
    expect(names.sort()).toEqual(
      Object.keys(METRICS)
        .map((name) => `app_${name}`)
        .sort(),
    )
  })

  test('takes no second set of the same names, and stays as it was', () => {
    const { registry } = start()
    const before = registry.getMetricsAsArray().length
    expect(() => prometheus(registry)).toThrow(/already has a metric trunkline_\w+/)
    expect(() => prometheus(registry)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
    )
    expect(registry.getMetricsAsArray().length).toBe(before)
    start({ prefix: 'second_' }, registry)
    expect(registry.getMetricsAsArray().length).toBe(2 * before)
  })

  test('two of them count the same', async () => {
    const [one, two] = [start(), start()]
    end({})
    for (const { scrape } of [one, two]) {
      const families = await scrape()
      expect(families.get('trunkline_request_duration_seconds')?.samples.length).toBeGreaterThan(0)
    }
  })

  test('is left clean by dispose, and can be used anew', async () => {
    const { registry, metrics } = start({ eventLoop: true })
    expect(listeners()).not.toEqual([])
    metrics.dispose()
    metrics.dispose()
    expect(listeners()).toEqual([])
    expect(await registry.metrics()).toBe('\n')
    end({})
    const again = start({}, registry)
    expect((await again.scrape()).get('trunkline_request_duration_seconds')?.samples).toEqual([])
  })

  test('that was cleared meanwhile keeps what others put there', async () => {
    const { registry, metrics } = start()
    registry.clear()
    const again = start({}, registry)
    metrics.dispose()
    end({})
    expect((await again.scrape()).get('trunkline_request_duration_seconds')?.samples.length).toBeGreaterThan(
      0,
    )
  })
})

test('the delay of the event loop shows at each scrape', async () => {
  const { scrape } = start({ eventLoop: true })
  const worst = async () =>
    sampleValue(await scrape(), 'trunkline_event_loop_delay_seconds', { stat: 'max' }) ?? -1
  const block = async () => {
    const until = performance.now() + 60
    while (performance.now() < until);
    // The timers that are due have their turn, the monitor's before this one.
    await new Promise((resolve) => setTimeout(resolve))
  }
  // The monitor measures from its first tick on, and from the first one after each scrape.
  await vi.waitFor(
    async () => {
      await block()
      expect(await worst()).toBeGreaterThan(0.03)
    },
    { interval: 25 },
  )
  expect(labelsIn(await scrape(), 'trunkline_event_loop_delay_seconds', 'stat')).toEqual([
    'max',
    'p50',
    'p90',
    'p99',
  ])
})

test.each<[unknown, RegExp]>([
  [{ buckets: [1, 1] }, /buckets must be a list of seconds/],
  [{ buckets: [] }, /buckets/],
  [{ prefix: '1x' }, /prefix/],
  [{ maxOrigins: 0 }, /maxOrigins/],
  [{ maxRoutes: '5' }, /maxRoutes/],
  [{ routes: 'users' }, /routes must be a function or a list/],
  [{ eventLoop: 1 }, /eventLoop/],
  [{ origins: 5 }, /origins is not an option\. The options are prefix, buckets/],
  [null, /options must be an object/],
])('%j is refused', (options, why) => {
  expect(() => prometheus(new Registry(), options as PrometheusOptions)).toThrow(why)
})

test('what is no registry is refused', () => {
  expect(() => prometheus({} as Registry)).toThrow(/must be a Registry of prom-client/)
})
