/** What the spans say, by the semantic conventions for HTTP clients. */
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { AlwaysOffSampler, SamplingDecision } from '@opentelemetry/sdk-trace-base'
import { type OpenTelemetryOptions, opentelemetry } from 'trunkline/opentelemetry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Call } from '../../../../src/core/call.ts'
import type { ClientRequest } from '../../../../src/core/dispatch.ts'
import { ConnectError, StreamError } from '../../../../src/core/errors.ts'
import { headerValue } from '../../../../src/core/headers.ts'
import { publish, Telemetry, useGlobalContext } from '../../../support/telemetry.ts'
import {
  clientRequest,
  clientResponse,
  openResponse,
  type Step,
  scripted,
  TIMINGS,
} from '../../fakes/exchange.ts'

useGlobalContext()

let telemetry: Telemetry
beforeEach(() => {
  telemetry = new Telemetry()
})
afterEach(() => telemetry.end())

function setUp(steps: Step[], options: OpenTelemetryOptions = {}, from = telemetry) {
  const script = scripted(...steps)
  const interceptor = from.instrument(options)
  const dispatch = interceptor(script.dispatch)
  const send = (part: Partial<ClientRequest> = {}, url?: string) => dispatch(clientRequest(part, url))
  return { send, requests: script.requests, interceptor }
}

const attributes = () => telemetry.spans.map((span) => span.attributes)

describe('a span', () => {
  test('has what the conventions require, and where it went', async () => {
    const { send } = setUp([clientResponse(200)])
    publish('connect:end', { dialId: 6, address: '192.0.2.7', port: 443 })
    publish('connection:open', {
      ...{ connectionId: 1, clientId: 1, dialId: 6, protocol: 'h2', remoteAddress: '192.0.2.7' },
      tls: { version: 'TLSv1.3', resumed: true },
    })
    await send({}, 'https://example.test/users/7?full=1')
    expect(telemetry.spans).toHaveLength(1)
    const [span] = telemetry.spans
    expect(span?.name).toBe('GET')
    expect(span?.kind).toBe(SpanKind.CLIENT)
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET })
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'server.address': 'example.test',
      'server.port': 443,
      'url.full': 'https://example.test/users/7?full=1',
      'http.response.status_code': 200,
      'network.protocol.name': 'http',
      'network.protocol.version': '2',
      'network.peer.address': '192.0.2.7',
      'network.peer.port': 443,
      'trunkline.connection.id': 1,
      'trunkline.connection.reused': true,
      'trunkline.stream.id': 1,
      'trunkline.tls.version': 'TLSv1.3',
      'trunkline.tls.resumed': true,
      'trunkline.queue.duration': 0.001,
      'trunkline.first_byte.duration': 0.002,
    })
  })

  test('of HTTP/1.1 says so; what came from no connection says nothing of a network', async () => {
    const local = { connectionId: 0, streamId: undefined }
    const { send } = setUp([
      clientResponse(200, [], '', { protocol: 'http/1.1', streamId: undefined }),
      clientResponse(200, [], '', local),
    ])
    await send()
    await send()
    expect(attributes()[0]).toMatchObject({ 'network.protocol.version': '1.1' })
    expect(attributes()[0]).not.toHaveProperty('trunkline.stream.id')
    expect(Object.keys(attributes()[1] ?? {}).filter((name) => /^(?:network|trunkline)/.test(name))).toEqual(
      [],
    )
  })

  test('folds methods that are not known, and keeps how they were written', async () => {
    const { send } = setUp([clientResponse(200), clientResponse(200)])
    await send({ method: 'PROPFIND' })
    await send({ method: 'get' })
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['HTTP', 'HTTP'])
    expect(attributes()).toMatchObject([
      { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
      { 'http.request.method': '_OTHER', 'http.request.method_original': 'get' },
    ])
  })

  test('knows other methods by option, and by environment', async () => {
    process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS = 'GET, REPORT'
    try {
      const byEnvironment = setUp([clientResponse(200), clientResponse(200)])
      await byEnvironment.send({ method: 'REPORT' })
      await byEnvironment.send({ method: 'POST' })
      const byOption = setUp([clientResponse(200)], { knownMethods: ['POST'] })
      await byOption.send({ method: 'POST' })
    } finally {
      delete process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS
    }
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['REPORT', 'HTTP', 'POST'])
  })

  test.each([
    ['https://example.test/?sig=abc&x=1&Signature=', '?sig=REDACTED&x=1&Signature=REDACTED'],
    ['https://example.test/?X-Amz-Signature=a%3Db&X-Amz-Date=1', '?X-Amz-Signature=REDACTED&X-Amz-Date=1'],
    ['https://example.test/?s%69g=abc', '?s%69g=REDACTED'],
    ['https://example.test/?sig', '?sig'],
    ['https://example.test/?sigx=1&%=2', '?sigx=1&%=2'],
    ['https://user:secret@example.test/?a=1#part', '?a=1'],
  ])('of %s shows %s', async (url, query) => {
    const { send } = setUp([clientResponse(200)])
    await send({}, url)
    expect(attributes()[0]?.['url.full']).toBe(`https://example.test/${query}`)
  })

  test('has a template by route, in its name too', async () => {
    const { send } = setUp([clientResponse(200), clientResponse(200)], { routes: ['/users/:id'] })
    await send({}, 'https://example.test/users/7')
    await send({}, 'https://example.test/other')
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['GET /users/:id', 'GET'])
    expect(attributes()[0]).toMatchObject({ 'url.template': '/users/:id' })
  })

  test('has fields and user agents where they are asked for, and not else', async () => {
    const headers = ['user-agent', 'me/1', 'x-tenant', 'a', 'x-tenant', 'b', 'authorization', 'secret']
    const answer = () => clientResponse(200, ['x-cache', 'hit', 'set-cookie', 'secret'])
    const { send } = setUp([answer()], {
      userAgent: true,
      requestHeaders: ['X-Tenant', 'x-none'],
      responseHeaders: ['x-cache'],
    })
    await send({ headers })
    expect(attributes()[0]).toMatchObject({
      'user_agent.original': 'me/1',
      'http.request.header.x-tenant': ['a', 'b'],
      'http.response.header.x-cache': ['hit'],
    })
    const plain = setUp([answer()])
    await plain.send({ headers })
    const given = Object.keys(attributes()[1] ?? {})
    expect(given.filter((name) => name.includes('header') || name.includes('agent'))).toEqual([])
    expect(JSON.stringify(attributes())).not.toContain('secret')
  })

  test('is made by attributes that a sampler can see', async () => {
    const seen: unknown[] = []
    const sampled = new Telemetry({
      shouldSample: (_context, _trace, name, kind, given) => {
        seen.push({ name, kind, given })
        return { decision: SamplingDecision.NOT_RECORD }
      },
      toString: () => 'test',
    })
    const { send } = setUp([clientResponse(200)], {}, sampled)
    await send()
    expect(seen).toEqual([
      {
        name: 'GET',
        kind: SpanKind.CLIENT,
        given: {
          'http.request.method': 'GET',
          'server.address': 'example.test',
          'server.port': 443,
          'url.full': 'https://example.test/',
        },
      },
    ])
    await sampled.end()
  })
})

describe('what fails', () => {
  test('by status is an error without further words', async () => {
    const { send } = setUp([clientResponse(404), clientResponse(503), clientResponse(302)])
    for (const _ of [1, 2, 3]) await send()
    expect(attributes().map((given) => given['error.type'])).toEqual(['404', '503', undefined])
    expect(telemetry.spans.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR },
      { code: SpanStatusCode.ERROR },
      { code: SpanStatusCode.UNSET },
    ])
  })

  test('by an error of ours has its code, phase and whether it was processed', async () => {
    const error = new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', {
      ...{ processed: 'maybe', phase: 'headers', http2Code: 2, connectionId: 9 },
    })
    const { send } = setUp([error])
    await expect(send()).rejects.toBe(error)
    expect(attributes()[0]).toMatchObject({
      'error.type': 'ERR_TRUNKLINE_STREAM_RESET',
      'trunkline.error.phase': 'headers',
      'trunkline.error.processed': 'maybe',
      'trunkline.error.http2_code': 2,
      'trunkline.connection.id': 9,
    })
    expect(telemetry.spans[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'reset' })
    expect(telemetry.spans[0]?.events.map(({ name }) => name)).toEqual(['exception'])
  })

  test.each([
    [new DOMException('enough', 'AbortError'), 'AbortError'],
    [new DOMException('late', 'TimeoutError'), 'TimeoutError'],
    ['a string', '_OTHER'],
    [undefined, '_OTHER'],
  ])('by %s', async (reason, type) => {
    const { send } = setUp([() => Promise.reject(reason)])
    await expect(send()).rejects.toBe(reason)
    expect(attributes()[0]?.['error.type']).toBe(type)
  })

  test('in an interceptor below that throws at once', async () => {
    const interceptor = telemetry.instrument()
    const dispatch = interceptor(() => {
      throw new Error('at once')
    })
    await expect(dispatch(clientRequest())).rejects.toThrow('at once')
    expect(attributes()[0]?.['error.type']).toBe('Error')
  })

  test('in the body fails the span', async () => {
    const { response, queue } = openResponse(200)
    const { send } = setUp([response])
    await send()
    expect(telemetry.spans).toEqual([])
    queue.fail(new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'cut off', {}))
    expect(attributes()[0]).toMatchObject({
      'http.response.status_code': 200,
      'error.type': 'ERR_TRUNKLINE_STREAM_RESET',
    })
  })
})

describe('the end', () => {
  test('is the last byte', async () => {
    const { response, queue } = openResponse(200)
    const { send } = setUp([response])
    await send()
    expect(telemetry.spans).toEqual([])
    queue.end(null)
    expect(telemetry.spans).toHaveLength(1)
  })

  test('is the head, by option', async () => {
    const { response } = openResponse(200)
    const { send } = setUp([response], { endAt: 'headers' })
    await send()
    expect(telemetry.spans).toHaveLength(1)
  })

  test('is no failure when the reader had enough; an abort is one', async () => {
    const controller = new AbortController()
    const [enough, aborted] = [openResponse(200), openResponse(200)]
    const { send } = setUp([enough.response, aborted.response])
    await send()
    await send({ signal: controller.signal })
    enough.response.body.cancel()
    controller.abort()
    aborted.queue.fail(controller.signal.reason)
    expect(attributes().map((given) => given['error.type'])).toEqual([undefined, 'AbortError'])
    expect(attributes()[0]).toMatchObject({ 'trunkline.response.cancelled': true })
  })

  test('of a response that was dropped unread is that of its head', async () => {
    const { response, queue } = openResponse(200)
    const { send } = setUp([response])
    await send()
    const headAt = Date.now()
    while (Date.now() < headAt + 30);
    queue.abandon()
    const [span] = telemetry.spans
    const [seconds = 0, nanoseconds = 0] = span?.endTime ?? []
    expect(seconds * 1000 + nanoseconds / 1e6).toBeLessThan(headAt + 20)
    expect(span?.attributes).toMatchObject({ 'trunkline.response.cancelled': true })
    expect(span?.attributes).not.toHaveProperty('error.type')
  })
})

describe('attempts of one call', () => {
  test('are numbered, whatever the copies of the request', async () => {
    // As the pool counts what it is given.
    const counted = (status: number) => (request: ClientRequest) => {
      if (request.call) request.call.attempts += 1
      return clientResponse(status)
    }
    const { send } = setUp([counted(503), counted(302), counted(200), counted(200)])
    const call = new Call(null)
    await send({ call })
    await send({ call })
    await send({ call }, 'https://other.test/')
    await send({ call: new Call(null) })
    const resends = attributes().map((given) => given['http.request.resend_count'])
    expect(resends).toEqual([undefined, 1, 2, undefined])
  })

  test('are children of the span that was active, each with headers of its own', async () => {
    const { send, requests } = setUp([clientResponse(503), clientResponse(200)])
    const parent = telemetry.tracerProvider.getTracer('test').startSpan('parent')
    await context.with(trace.setSpan(ROOT_CONTEXT, parent), async () => {
      await send({ headers: ['traceparent', 'of somebody else', 'accept', '*/*'] })
      await send()
    })
    const { traceId, spanId } = parent.spanContext()
    expect(telemetry.spans.map((span) => span.parentSpanContext?.spanId)).toEqual([spanId, spanId])
    expect(requests.map(({ headers }) => headerValue(headers, 'traceparent'))).toEqual(
      telemetry.spans.map((span) => `00-${traceId}-${span.spanContext().spanId}-01`),
    )
    expect(requests[0]?.headers.filter((_, index) => index % 2 === 0)).toEqual(['accept', 'traceparent'])
  })
})

describe('propagation', () => {
  test('goes on where nothing is sampled', async () => {
    const off = new Telemetry(new AlwaysOffSampler())
    const { send, requests } = setUp([clientResponse(200)], {}, off)
    await send()
    expect(headerValue(requests[0]?.headers ?? [], 'traceparent')).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/,
    )
    expect(off.spans).toEqual([])
    await off.end()
  })

  test('passes the parent on where no spans are made', async () => {
    const { send, requests } = setUp([clientResponse(200)], { spans: false })
    const parent = telemetry.tracerProvider.getTracer('test').startSpan('parent')
    await context.with(trace.setSpan(ROOT_CONTEXT, parent), () => send())
    expect(headerValue(requests[0]?.headers ?? [], 'traceparent')).toContain(parent.spanContext().spanId)
  })

  test('is withheld by option, from some or all', async () => {
    const none = setUp([clientResponse(200)], { propagate: false })
    await none.send()
    const some = setUp([clientResponse(200), clientResponse(200)], {
      propagate: ({ target }) => target.origin.hostname === 'mine.test',
    })
    await some.send({}, 'https://mine.test/')
    await some.send({}, 'https://theirs.test/')
    const sent = [...none.requests, ...some.requests].map(({ headers }) => headers.includes('traceparent'))
    expect(sent).toEqual([false, true, false])
  })

  test('writes names in lower case, and leaves out what no header may hold', async () => {
    const { send, requests } = setUp([clientResponse(200)], {
      propagator: {
        inject(_context, carrier, setter) {
          setter.set(carrier, 'X-B3-TraceId', 'abc')
          setter.set(carrier, 'baggage', 'line\nbreak')
        },
        extract: (given) => given,
        fields: () => [],
      },
    })
    await send()
    expect(requests[0]?.headers).toEqual(['x-b3-traceid', 'abc'])
  })
})

describe('left alone are', () => {
  test('requests of exporters, which would be exported again', async () => {
    const { send, requests } = setUp([clientResponse(200)])
    await context.with(suppressTracing(ROOT_CONTEXT), () => send())
    expect(requests[0]?.headers).toEqual([])
    expect(telemetry.spans).toEqual([])
    expect(await telemetry.points('http.client.request.duration')).toEqual([])
  })

  test('requests that are to be ignored', async () => {
    const { send, requests } = setUp([clientResponse(200)], { ignore: ({ method }) => method === 'GET' })
    await send()
    expect(telemetry.spans).toEqual([])
    expect(requests[0]?.headers).toEqual([])
  })

  test('all, after dispose; what is under way comes to its end', async () => {
    const { response, queue } = openResponse(200)
    const { send, interceptor } = setUp([response, clientResponse(200)])
    await send()
    interceptor.dispose()
    interceptor.dispose()
    await send()
    queue.end(null)
    expect(telemetry.spans).toHaveLength(1)
  })
})

test('functions of the user see the span, and may throw', async () => {
  const { send } = setUp([clientResponse(201), clientResponse(202)], {
    onRequest: (span, { method }) => span.setAttribute('mine.method', method),
    onResponse: (span, { status }) => {
      span.setAttribute('mine.status', status)
      throw new Error('of yours')
    },
    ignore: () => {
      throw new Error('of yours')
    },
  })
  expect((await send()).status).toBe(201)
  expect(attributes()[0]).toMatchObject({ 'mine.method': 'GET', 'mine.status': 201 })
})

describe('spans of a dial', () => {
  const at = performance.now()
  const dial = (dialId: number, error: unknown = null) => {
    const ids = { dialId, origin: 'https://example.test' }
    publish('dial:start', { ...ids, at, host: 'example.test', port: 443, proxy: null })
    publish('dns:end', {
      ...ids,
      at: at + 2,
      duration: 2,
      host: 'example.test',
      addresses: ['192.0.2.7'],
      cached: false,
    })
    const failure = error === null ? null : { code: 'x', message: 'refused', error }
    publish('connect:end', {
      ...ids,
      at: at + 5,
      duration: 3,
      address: '192.0.2.7',
      port: 443,
      error: failure,
    })
    if (error === null)
      publish('tls:end', {
        ...{ ...ids, at: at + 9, duration: 4, servername: 'example.test', withProxy: false },
        ...{ version: 'TLSv1.3', alpn: 'h2', resumed: false },
      })
    publish('dial:end', { ...ids, at: performance.now(), error: failure })
  }
  const names = () => telemetry.spans.map(({ name }) => name)
  const cold = () => clientResponse(200, [], '', { timings: { ...TIMINGS, dns: 2, connect: 3, tls: 4 } })

  test('stand below those who waited for it, by option', async () => {
    const { send } = setUp([cold(), clientResponse(200)], { dialSpans: true })
    dial(6)
    publish('connection:open', {
      connectionId: 1,
      clientId: 1,
      dialId: 6,
      protocol: 'h2',
      tls: null,
      remoteAddress: 'x',
    })
    await send()
    await send()
    expect(names()).toEqual([
      ...['trunkline.dns', 'trunkline.connect', 'trunkline.tls', 'trunkline.dial'],
      ...['GET', 'GET'],
    ])
    const [dns, connect, , whole, first] = telemetry.spans
    expect(whole?.parentSpanContext?.spanId).toBe(first?.spanContext().spanId)
    expect(dns?.parentSpanContext?.spanId).toBe(whole?.spanContext().spanId)
    expect(dns?.duration[1]).toBeCloseTo(2e6, -4)
    expect(connect?.attributes).toEqual({ 'network.peer.address': '192.0.2.7', 'network.peer.port': 443 })
    const [seconds = 0, nanoseconds = 0] = whole?.startTime ?? []
    expect(seconds * 1000 + nanoseconds / 1e6).toBeCloseTo(performance.timeOrigin + at, -2)
  })

  test('that failed stand below those whom it failed', async () => {
    const cause = new Error('refused')
    const error = new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', 'no', { origin: 'https://example.test' })
    const { send } = setUp(
      [
        () => {
          dial(7, cause)
          throw error
        },
      ],
      { dialSpans: true },
    )
    await expect(send()).rejects.toBe(error)
    expect(names()).toEqual(['trunkline.dns', 'trunkline.connect', 'trunkline.dial', 'GET'])
    expect(telemetry.spans[1]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'refused' })
  })

  test('are not made without the option', async () => {
    const { send } = setUp([cold()])
    dial(8)
    publish('connection:open', {
      connectionId: 1,
      clientId: 1,
      dialId: 8,
      protocol: 'h2',
      tls: null,
      remoteAddress: 'x',
    })
    await send()
    expect(names()).toEqual(['GET'])
  })
})

test.each<[unknown, RegExp]>([
  [{ tracerProvider: {} }, /tracerProvider must be an object with the method getTracer/],
  [{ meterProvider: null }, /meterProvider/],
  [{ propagator: 1 }, /propagator must be an object with the method inject/],
  [{ spans: 1 }, /spans must be true or false/],
  [{ endAt: 'end' }, /endAt must be one of "body", "headers"/],
  [{ propagate: 'yes' }, /propagate must be true, false or a function/],
  [{ requestHeaders: 'x' }, /requestHeaders must be a list of strings/],
  [{ routes: 7 }, /routes must be a function or a list/],
  [{ spanns: true }, /spanns is not an option\. Did you mean spans\? The options are tracerProvider/],
  [null, /options must be an object/],
])('%j is refused', (options, why) => {
  expect(() => opentelemetry(options as OpenTelemetryOptions)).toThrow(why)
})
