/** Tracing with OpenTelemetry: one call with a redirect, a retry and a dial, as the tree that a trace shows. */
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { hrTimeToMilliseconds, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createClient } from '../src/index.ts'
import { opentelemetry } from '../src/telemetry/opentelemetry/index.ts'
import { ms } from './support/format.ts'
import { accent, bad, bold, dim, finish, note, title } from './support/print.ts'
import { startServer } from './support/server.ts'

// What an application sets up once, whatever it traces.
const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(provider)

let failures = 1
const traceparents: string[] = []
const server = await startServer(async ({ url, headers }, response) => {
  traceparents.push(String(headers.traceparent))
  await new Promise((resolve) => setTimeout(resolve, 15))
  if (url === '/orders') response.writeHead(307, { location: '/v2/orders' })
  else if (failures-- > 0) response.writeHead(503)
  response.end('{"orders":[]}')
})

title('Tracing', 'One call of an application and its trace: every attempt, and what it waited for.')

const client = createClient({
  tls: { ca: server.ca },
  retry: { limit: 2, statuses: [503], baseDelay: 20 },
  // The one line that traces a client.
  networkInterceptors: [opentelemetry({ dialSpans: true })],
})

await trace.getTracer('shop').startActiveSpan('show the orders', async (span) => {
  const response = await client.fetch(`${server.origin}/orders`)
  await response.json()
  span.end()
})

const spans = exporter.getFinishedSpans()
const [root] = spans.filter(({ parentSpanContext }) => parentSpanContext === undefined)
const from = hrTimeToMilliseconds(root?.startTime ?? [0, 0])
print(root as ReadableSpan, '')

/** A span and, below it, those that have it as their parent, as they began. */
function print(span: ReadableSpan, indent: string): void {
  const start = hrTimeToMilliseconds(span.startTime) - from
  const { attributes, status, name } = span
  const label = `${indent}${status.code === SpanStatusCode.ERROR ? bad(name) : bold(name)}`
  const wide = 34 + label.length - `${indent}${name}`.length
  const details = [
    attributes['url.full'] === undefined ? '' : new URL(String(attributes['url.full'])).pathname,
    attributes['http.response.status_code'] ?? '',
    attributes['http.request.resend_count'] === undefined
      ? ''
      : `resend ${attributes['http.request.resend_count']}`,
    attributes['network.protocol.version'] === undefined
      ? ''
      : `HTTP/${attributes['network.protocol.version']}`,
    attributes['trunkline.connection.reused'] === true ? 'same connection' : '',
    attributes['trunkline.tls.version'] !== undefined && indent.length > 2
      ? attributes['trunkline.tls.version']
      : '',
    attributes['trunkline.dns.addresses'] ?? '',
  ]
  const text = details.filter((detail) => detail !== '').join('  ')
  const place = `${ms(Math.max(0, start)).padStart(9)} ${accent(ms(hrTimeToMilliseconds(span.duration)).padStart(9))}`
  console.log(`  ${place}  ${label.padEnd(wide)} ${dim(text)}`)
  const below = spans.filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId,
  )
  for (const child of below.sort(
    (a, b) => hrTimeToMilliseconds(a.startTime) - hrTimeToMilliseconds(b.startTime),
  ))
    print(child, `${indent}  `)
}

const attempts = spans.filter(({ name }) => name === 'GET')
const expected = attempts.map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`)
note(
  'Start and duration of each span. The redirect and the retry are separate attempts; each sent its own span to the',
  'server (traceparent), so that the work of the server shows below the attempt that caused it.',
)

await client.close()
await server.close()
await provider.shutdown()
finish({
  traces: new Set(spans.map((span) => span.spanContext().traceId)).size,
  attempts: attempts.map(({ attributes }) => attributes['http.response.status_code']),
  dials: spans.filter(({ name }) => name === 'trunkline.dial').length,
  propagated: JSON.stringify(traceparents) === JSON.stringify(expected),
})
