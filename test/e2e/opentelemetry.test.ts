/** trunkline/opentelemetry over real connections: what servers see, what the exporter gets. */
import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { ClientOptions } from 'trunkline'
import { type OpenTelemetryOptions, opentelemetry } from 'trunkline/opentelemetry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OtlpCollector } from '../support/otlp-collector.ts'
import { Telemetry, useGlobalContext } from '../support/telemetry.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, collectUntil, drained, rejection } from './support/bench.ts'

const bench = new Bench()
useGlobalContext()

let telemetry: Telemetry
beforeEach(() => {
  telemetry = new Telemetry()
})
afterEach(() => telemetry.end())

function traced(options: OpenTelemetryOptions = {}, others: ClientOptions = {}) {
  return bench.client({ ...others, networkInterceptors: [telemetry.instrument(options)] })
}

/** Runs it below a span, whose ids it gives back. */
async function below(run: () => Promise<unknown>): Promise<ReturnType<Span['spanContext']>> {
  const parent = telemetry.tracerProvider.getTracer('test').startSpan('parent')
  await context.with(trace.setSpan(ROOT_CONTEXT, parent), run)
  return parent.spanContext()
}

const attributes = () => telemetry.spans.map((span) => span.attributes)
const spansEnded = (count: number) => waitFor(() => telemetry.spans.length === count)

describe.each(['h2', 'http/1.1'] as const)('over %s', (protocol) => {
  test('a span and a header for each request, and where it went', async () => {
    const server = await bench.server(protocol)
    const client = traced()
    const seen: Record<string, string>[] = []
    const { traceId, spanId } = await below(async () => {
      for (const _ of [1, 2])
        seen.push((await (await client.fetch(`${server.origin}/headers`)).json()) as Record<string, string>)
    })
    expect(telemetry.spans.map((span) => span.parentSpanContext?.spanId)).toEqual([spanId, spanId])
    expect(seen.map(({ traceparent }) => traceparent)).toEqual(
      telemetry.spans.map((span) => `00-${traceId}-${span.spanContext().spanId}-01`),
    )
    const connectionId = client.stats().origins[0]?.connections[0]?.id
    const expected = {
      'server.address': 'localhost',
      'server.port': server.port,
      'http.response.status_code': 200,
      'network.protocol.version': protocol === 'h2' ? '2' : '1.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': server.port,
      'trunkline.connection.id': connectionId,
      'trunkline.tls.version': 'TLSv1.3',
      'trunkline.tls.resumed': false,
    }
    expect(attributes()).toMatchObject([
      { ...expected, 'trunkline.connection.reused': false },
      { ...expected, 'trunkline.connection.reused': true },
    ])
  })

  test('redirects and retries are attempts of one call, numbered', async () => {
    let failures = 0
    const traceparents: (string | string[] | undefined)[] = []
    const server = await bench.server(protocol, {
      handler: (request, response) => {
        traceparents.push(request.headers.traceparent)
        failures += 1
        if (request.url === '/from') response.writeHead(302, { location: '/to' })
        else if (failures < 3) response.writeHead(503)
        response.end()
      },
    })
    const client = traced({}, { retry: { limit: 2, statuses: [503], baseDelay: 1 } })
    await drained(client.fetch(`${server.origin}/from`))
    await spansEnded(3)
    expect(attributes().map((given) => given['http.request.resend_count'])).toEqual([undefined, 1, 2])
    expect(attributes().map((given) => given['http.response.status_code'])).toEqual([302, 503, 200])
    expect(attributes().map((given) => given['url.full'])).toEqual(
      ['/from', '/to', '/to'].map((path) => `${server.origin}${path}`),
    )
    expect(traceparents).toEqual(
      telemetry.spans.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
    )
  })

  test('aborts, deadlines, cut-off bodies and dead servers fail their spans', async () => {
    const server = await bench.server(protocol)
    const client = traced({ dialSpans: true }, { retry: false })
    const controller = new AbortController()
    const aborted = rejection(client.fetch(`${server.origin}/hang`, { signal: controller.signal }))
    await waitFor(() => server.counts.requests === 1)
    controller.abort()
    await aborted
    await rejection(client.request(`${server.origin}/hang`, { timeouts: { headers: 50 } }))
    await rejection(client.request(`${server.origin}/destroy`))
    const port = server.port === 1 ? 2 : 1
    await rejection(client.request(`https://localhost:${port}/`))
    const attempts = telemetry.spans.filter(({ name }) => name === 'GET')
    expect(attempts.map((span) => span.attributes['error.type'])).toEqual([
      'AbortError',
      'ERR_TRUNKLINE_HEADERS_TIMEOUT',
      'ERR_TRUNKLINE_CONNECTION_LOST',
      'ERR_TRUNKLINE_CONNECT_FAILED',
    ])
    const [dial] = telemetry.spans.filter(
      ({ name, status }) => name === 'trunkline.dial' && status.code === 2,
    )
    expect(dial?.parentSpanContext?.spanId).toBe(attempts[3]?.spanContext().spanId)
    expect(await telemetry.points('http.client.active_requests')).toMatchObject([{ value: 0 }, { value: 0 }])
  })

  test('phases of the dial stand below each attempt that waited for it', async () => {
    const server = await bench.server(protocol)
    const client = traced({ dialSpans: true })
    await Promise.all([1, 2].map(() => drained(client.fetch(server.origin))))
    await drained(client.fetch(server.origin))
    const names = telemetry.spans.map(({ name }) => name).sort()
    const phases = ['trunkline.connect', 'trunkline.dial', 'trunkline.dns', 'trunkline.tls']
    expect(names).toEqual(['GET', 'GET', 'GET', ...phases.flatMap((name) => [name, name])])
    const whole = telemetry.spans.filter(({ name }) => name === 'trunkline.dial')
    const attempts = telemetry.spans.filter(({ name }) => name === 'GET')
    expect(new Set(whole.map((span) => span.parentSpanContext?.spanId)).size).toBe(2)
    for (const dial of whole)
      expect(attempts.some((span) => span.spanContext().spanId === dial.parentSpanContext?.spanId)).toBe(true)
    const tls = telemetry.spans.find(({ name }) => name === 'trunkline.tls')
    expect(tls?.attributes).toMatchObject({ 'trunkline.tls.alpn': protocol, 'trunkline.tls.resumed': false })
  })

  test('connections are counted open and idle, and gone when the client is closed', async () => {
    const server = await bench.server(protocol)
    const client = traced()
    const points = async () =>
      (await telemetry.points('http.client.open_connections')).map(({ attributes: given, value }) => [
        given['http.connection.state'],
        given['network.protocol.version'],
        value,
      ])
    const version = protocol === 'h2' ? '2' : '1.1'
    await drained(client.fetch(server.origin))
    await waitFor(async () => (await points()).some(([state, , value]) => state === 'idle' && value === 1))
    expect(await points()).toContainEqual(['idle', version, 1])
    const hanging = client.fetch(`${server.origin}/delay/50`)
    await waitFor(async () => (await points()).some(([state, , value]) => state === 'active' && value === 1))
    await drained(hanging)
    await client.close()
    await waitFor(async () => (await points()).every(([, , value]) => value === 0))
    expect(await telemetry.points('http.client.connection.duration')).toMatchObject([{ value: 1 }])
  })
})

test('two clients, two interceptors: each measures its own', async () => {
  const server = await bench.h2Server()
  const other = new Telemetry()
  const mine = traced()
  const theirs = bench.client({ networkInterceptors: [other.instrument()] })
  const plain = bench.client()
  for (const client of [mine, theirs, theirs, plain]) await drained(client.fetch(server.origin))
  expect([telemetry.spans.length, other.spans.length]).toEqual([1, 2])
  for (const { points } of [telemetry, other].map((one) => ({
    points: one.points('http.client.open_connections'),
  }))) {
    const values = (await points).map(({ value }) => value)
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(1)
  }
  await other.end()
})

test('a replay shows on the attempt', async () => {
  let refused = 0
  const server = await bench.h2Server({
    handler: (_request, response) => {
      refused += 1
      if (refused === 1) response.stream?.close(7)
      else response.end('done')
    },
  })
  const client = traced()
  await drained(client.fetch(server.origin))
  expect(attributes()).toMatchObject([{ 'trunkline.replays': 1, 'http.response.status_code': 200 }])
})

test('a response that is dropped unread is still collected, and ends its span', async () => {
  const server = await bench.h2Server()
  const client = traced()
  const drop = async () => {
    await client.fetch(`${server.origin}/bytes/5000000`)
  }
  await drop()
  await collectUntil(() => telemetry.spans.length === 1, 'the span of a dropped response to end')
  expect(attributes()).toMatchObject([{ 'trunkline.response.cancelled': true }])
})

describe('OTLP over HTTP', () => {
  test('a collector gets spans and metrics as they were', async () => {
    const collector = bench.add(await OtlpCollector.listen())
    const server = await bench.h2Server()
    const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }))
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [spanProcessor] })
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` }),
      exportIntervalMillis: 3_600_000,
    })
    const meterProvider = new MeterProvider({ readers: [reader] })
    const client = bench.client({
      networkInterceptors: [opentelemetry({ tracerProvider, meterProvider, dialSpans: true })],
    })
    await drained(client.fetch(`${server.origin}/redirect/1`))
    await drained(client.fetch(`${server.origin}/status/500`))
    await tracerProvider.forceFlush()
    await reader.forceFlush()
    expect(collector.problems).toEqual([])
    const attempts = collector.spans.filter(({ name }) => name === 'GET')
    expect(attempts.map(({ kind, status }) => [kind, status])).toEqual([
      [3, 0],
      [3, 0],
      [3, 2],
    ])
    expect(attempts.map((span) => span.attributes['http.response.status_code'])).toEqual([302, 200, 500])
    expect(attempts[1]?.attributes).toMatchObject({
      'http.request.resend_count': 1,
      'network.protocol.version': '2',
      'server.port': server.port,
      'trunkline.connection.reused': true,
    })
    const dial = collector.spans.find(({ name }) => name === 'trunkline.dial')
    expect(dial?.parentSpanId).toBe(attempts[0]?.spanId)
    const duration = collector.metrics.find(({ name }) => name === 'http.client.request.duration')
    expect(duration?.unit).toBe('s')
    expect(duration?.points.map(({ count }) => count)).toEqual([1, 1, 1])
    expect(duration?.points[0]?.bounds).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ])
    await tracerProvider.shutdown()
    await meterProvider.shutdown()
  })

  test('an exporter that sends over a traced client does not trace itself', async () => {
    const collector = bench.add(await OtlpCollector.listen())
    const client = traced()
    const body = JSON.stringify({ resourceSpans: [] })
    const headers = { 'content-type': 'application/json' }
    await context.with(suppressTracing(ROOT_CONTEXT), () =>
      drained(client.fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body })),
    )
    expect(collector.problems).toEqual([])
    expect(collector.requests[0]?.headers.traceparent).toBe(undefined)
    expect(telemetry.spans).toEqual([])
    await drained(client.fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body }))
    expect(telemetry.spans).toHaveLength(1)
  })
})
