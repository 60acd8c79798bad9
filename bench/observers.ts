/**
 * What it costs to be watched: CPU of a request with Prometheus and with OpenTelemetry, against nobody listening. Each
 * variant is a process of its own, and they take turns; the server is another process.
 * `node bench/observers.ts [rounds] [requests per round]`; prints a table, and its figures as one line of JSON.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'
import { finish, table, title } from '../examples/support/print.ts'
import { startServer } from '../examples/support/server.ts'
import { type ClientOptions, createClient } from '../src/index.ts'
import { type OpenTelemetryOptions, opentelemetry } from '../src/telemetry/opentelemetry/index.ts'
import { prometheus } from '../src/telemetry/prometheus/index.ts'
import { median, pairedRatio, significant } from './statistics.ts'

const CONCURRENCY = 100

/** What each variant sets up, and the options of its client. */
const VARIANTS: Readonly<Record<string, () => ClientOptions>> = {
  'nobody listens': () => ({}),
  prometheus: () => {
    prometheus(new Registry())
    return {}
  },
  'opentelemetry, spans and metrics': () => traced(),
  'opentelemetry, spans alone': () => traced({ metrics: false }),
  'opentelemetry, metrics alone': () => traced({ spans: false }),
  'opentelemetry, spans not sampled': () =>
    traced({ tracerProvider: new BasicTracerProvider({ sampler: new AlwaysOffSampler() }) }),
}

const [role, ...details] = process.argv.slice(2)
if (role === 'server') await serve()
else if (role === 'client') await work(...(details as [string, string, string]))
else await compare(Number(role ?? 15), Number(details[0] ?? 4000))

/** Spans are batched and thrown away, metrics are kept: what exporting costs depends on the exporter. */
function traced(options: OpenTelemetryOptions = {}): ClientOptions {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const exporter = {
    export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
    shutdown: async () => {},
  }
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: kept, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  return { networkInterceptors: [opentelemetry({ tracerProvider, meterProvider, ...options })] }
}

async function serve(): Promise<void> {
  const body = Buffer.alloc(1024, 'x')
  const server = await startServer((_request, response) => {
    response.end(body)
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ origin: server.origin, ca: server.ca })
}

/** Does so many requests whenever it is told to, and says what CPU one of them took, µs. */
async function work(variant: string, origin: string, ca: string): Promise<void> {
  const client = createClient({ ...VARIANTS[variant]?.(), tls: { ca } })
  process.on('disconnect', () => process.exit())
  process.on('message', async (count: number) => {
    const before = process.cpuUsage()
    let left = count
    const worker = async () => {
      while (left-- > 0) await (await client.fetch(`${origin}/file`)).text()
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    const { user, system } = process.cpuUsage(before)
    process.send?.((user + system) / count)
  })
  process.send?.('ready')
}

async function compare(rounds: number, requests: number): Promise<void> {
  title(
    'The cost of being watched',
    `CPU of fetch().text() of 1 KiB, ${CONCURRENCY} at once, ${rounds} rounds of ${requests}.`,
  )
  const server = start('server')
  const children: ChildProcess[] = [server]
  try {
    const [{ origin, ca }] = (await once(server, 'message')) as [{ origin: string; ca: string }]
    const clients = new Map<string, ChildProcess>()
    for (const variant of Object.keys(VARIANTS)) {
      const child = start('client', variant, origin, ca)
      children.push(child)
      clients.set(variant, child)
      await once(child, 'message')
      await round(child, requests)
      await round(child, requests)
    }
    const costs = new Map<string, number[]>([...clients.keys()].map((variant) => [variant, []]))
    for (let turn = 0; turn < rounds; turn += 1) {
      // Each round is begun by another one.
      const order = [...clients.keys()]
      for (const variant of [...order.slice(turn % order.length), ...order.slice(0, turn % order.length)])
        costs.get(variant)?.push(await round(clients.get(variant) as ChildProcess, requests))
    }
    report(costs)
  } finally {
    for (const child of children) child.disconnect()
  }
}

function start(...argv: string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), argv, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

async function round(child: ChildProcess, requests: number): Promise<number> {
  child.send(requests)
  const [cost] = (await once(child, 'message')) as [number]
  return cost
}

function report(costs: ReadonlyMap<string, readonly number[]>): void {
  const base = costs.get('nobody listens') ?? []
  const figures = [...costs].map(([variant, series]) => ({
    variant,
    cpuMicroseconds: significant(median(series)),
    ratio: significant(pairedRatio(series, base)),
  }))
  table(
    ['', 'CPU of a request, µs', 'over nobody'],
    figures.map(({ variant, cpuMicroseconds, ratio }) => [variant, cpuMicroseconds, ratio]),
  )
  finish({ engine: process.env.TRUNKLINE_ENGINE ?? 'node', figures })
}
