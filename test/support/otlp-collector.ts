/** A stand-in for an OpenTelemetry collector: OTLP/HTTP in JSON, decoded and checked as it comes. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface CollectedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  /** 2: error. */
  readonly status: number
}

export interface CollectedMetric {
  readonly name: string
  readonly unit: string
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>
    readonly count: number | undefined
    readonly bounds: readonly number[] | undefined
  }[]
}

export class OtlpCollector {
  readonly spans: CollectedSpan[] = []
  readonly metrics: CollectedMetric[] = []
  /** Of each request, with its headers. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = []
  readonly problems: unknown[] = []
  readonly url: string
  readonly #server: ReturnType<typeof createServer>

  static async listen(): Promise<OtlpCollector> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new OtlpCollector(server)
  }

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async (request, response) => {
      try {
        await this.#take(request)
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      } catch (error) {
        this.problems.push(error)
        response.writeHead(400).end()
      }
    })
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #take(request: IncomingMessage): Promise<void> {
    const path = request.url ?? ''
    this.requests.push({ path, headers: request.headers })
    if (request.method !== 'POST') throw new Error(`${request.method} is no way to export`)
    if (request.headers['content-type'] !== 'application/json') throw new Error('not JSON')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const coded = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    const message = JSON.parse(coded.toString('utf8'))
    if (path === '/v1/traces') this.spans.push(...spansOf(message))
    else if (path === '/v1/metrics') this.metrics.push(...metricsOf(message))
    else throw new Error(`no signal is exported to ${path}`)
  }
}

// biome-ignore-start lint/suspicious/noExplicitAny: JSON of a peer, which is checked here
function spansOf(message: any): CollectedSpan[] {
  return message.resourceSpans.flatMap(({ scopeSpans }: any) =>
    scopeSpans.flatMap(({ spans }: any) => spans.map(spanOf)),
  )
}

function spanOf(span: any): CollectedSpan {
  if (!/^[0-9a-f]{32}$/.test(span.traceId) || !/^[0-9a-f]{16}$/.test(span.spanId))
    throw new Error('a span without ids')
  if (!(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)))
    throw new Error('a span that ends before it starts')
  const { name, kind, traceId, spanId, parentSpanId, status } = span
  return {
    name,
    kind,
    traceId,
    spanId,
    parentSpanId,
    attributes: attributesOf(span.attributes),
    status: status.code ?? 0,
  }
}

function metricsOf(message: any): CollectedMetric[] {
  return message.resourceMetrics.flatMap(({ scopeMetrics }: any) =>
    scopeMetrics.flatMap(({ metrics }: any) =>
      metrics.map(({ name, unit, histogram, sum, gauge }: any) => ({
        name,
        unit,
        points: (histogram ?? sum ?? gauge).dataPoints.map((point: any) => ({
          attributes: attributesOf(point.attributes),
          count: point.count,
          bounds: point.explicitBounds,
        })),
      })),
    ),
  )
}

function attributesOf(list: any): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }: any) => [key, anyValueOf(value)]))
}

/** An AnyValue of OTLP, which has exactly one of these. */
function anyValueOf(value: any): unknown {
  const [[kind, content] = [], ...others] = Object.entries<any>(value)
  if (others.length > 0) throw new Error('a value of two kinds')
  if (kind === 'intValue') return Number(content)
  if (kind === 'arrayValue') return content.values.map(anyValueOf)
  if (kind !== 'stringValue' && kind !== 'boolValue' && kind !== 'doubleValue')
    throw new Error(`a value of kind ${kind}`)
  return content
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above
