/** What is measured of requests and connections, by the semantic conventions. */
import { metrics } from '@opentelemetry/api'
import type { OpenTelemetryOptions } from 'trunkline/opentelemetry'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StreamError } from '../../../../src/core/errors.ts'
import { EVENT_NAMES, events } from '../../../../src/core/events.ts'
import { publish, Telemetry } from '../../../support/telemetry.ts'
import { clientRequest, clientResponse, openResponse, type Step, scripted } from '../../fakes/exchange.ts'

let telemetry: Telemetry
beforeEach(() => {
  telemetry = new Telemetry()
})
afterEach(() => telemetry.end())

function setUp(steps: Step[], options: OpenTelemetryOptions = {}) {
  const interceptor = telemetry.instrument(options)
  const dispatch = interceptor(scripted(...steps).dispatch)
  return { send: (url?: string) => dispatch(clientRequest({}, url)), interceptor }
}

const here = {
  'http.request.method': 'GET',
  'server.address': 'example.test',
  'server.port': 443,
  'url.scheme': 'https',
}

function open(connectionId: number, clientId: number, origin = 'https://example.test'): void {
  const peer = { remoteAddress: '192.0.2.7', tls: null }
  publish('connection:open', {
    connectionId,
    clientId,
    origin,
    dialId: connectionId,
    protocol: 'h2',
    ...peer,
  })
}

describe('requests', () => {
  test('are timed by method, server, status, protocol and error', async () => {
    const lost = new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', {})
    const { send } = setUp([clientResponse(200), clientResponse(200), clientResponse(500), lost])
    for (const _ of [1, 2, 3]) await send()
    await expect(send()).rejects.toBe(lost)
    const points = await telemetry.points('http.client.request.duration')
    const answered = { ...here, 'network.protocol.version': '2' }
    expect(points).toEqual([
      { attributes: { ...answered, 'http.response.status_code': 200 }, value: 2, sum: expect.any(Number) },
      {
        attributes: { ...answered, 'http.response.status_code': 500, 'error.type': '500' },
        value: 1,
        sum: expect.any(Number),
      },
      {
        attributes: { ...here, 'error.type': 'ERR_TRUNKLINE_STREAM_RESET' },
        value: 1,
        sum: expect.any(Number),
      },
    ])
    expect(points[0]?.sum).toBeLessThan(1)
  })

  test('are active until their bodies have ended', async () => {
    const { response, queue } = openResponse(200)
    const { send } = setUp([response])
    await send()
    const active = () => telemetry.points('http.client.active_requests')
    expect(await active()).toEqual([{ attributes: here, value: 1, sum: undefined }])
    queue.end(null)
    expect(await active()).toEqual([{ attributes: here, value: 0, sum: undefined }])
  })

  test('tell how long they waited, and their template', async () => {
    const { send } = setUp([clientResponse(200)], { routes: ['/users/:id'] })
    await send('https://example.test/users/7')
    const attributes = { ...here, 'url.template': '/users/:id' }
    const points = await telemetry.points('trunkline.queue.duration')
    expect(points).toEqual([{ attributes, value: 1, sum: 0.001 }])
  })

  test('are measured without spans, and spans made without measuring', async () => {
    await setUp([clientResponse(200)], { spans: false }).send()
    expect(telemetry.spans).toEqual([])
    expect(await telemetry.points('http.client.request.duration')).toHaveLength(1)
    await setUp([clientResponse(201)], { metrics: false }).send()
    expect(telemetry.spans).toHaveLength(1)
    expect(await telemetry.points('http.client.request.duration')).toHaveLength(1)
  })
})

describe('connections', () => {
  const states = async () =>
    Object.fromEntries(
      (await telemetry.points('http.client.open_connections')).map(({ attributes, value }) => [
        `${attributes['server.address']} ${attributes['http.connection.state']}`,
        value,
      ]),
    )
  const stream = (name: 'stream:start' | 'stream:end', connectionId: number) =>
    publish(name, { connectionId })

  test('of clients that are instrumented are counted, active and idle', async () => {
    const { send } = setUp([clientResponse(200)])
    open(1, 100)
    open(2, 100, 'https://[2001:db8::1]:8443#10.0.0.1:80')
    open(3, 200)
    stream('stream:start', 1)
    expect(await states()).toEqual({})
    await send()
    expect(await states()).toEqual({
      'example.test active': 1,
      'example.test idle': 0,
      '2001:db8::1 idle': 1,
    })
    stream('stream:start', 1)
    stream('stream:end', 1)
    expect(await states()).toMatchObject({ 'example.test active': 1 })
    stream('stream:end', 1)
    open(4, 100)
    expect(await states()).toMatchObject({ 'example.test active': 0, 'example.test idle': 2 })
    publish('connection:closed', { connectionId: 4, age: 2500 })
    publish('connection:closed', { connectionId: 3, age: 1 })
    expect(await states()).toMatchObject({ 'example.test idle': 1 })
    const [point, ...others] = await telemetry.points('http.client.connection.duration')
    expect(others).toEqual([])
    expect(point).toEqual({
      value: 1,
      sum: 2.5,
      attributes: {
        'server.address': 'example.test',
        'server.port': 443,
        'network.peer.address': '192.0.2.7',
        'network.protocol.version': '2',
        'url.scheme': 'https',
      },
    })
  })

  test('that close while they are active, or are left, do not stay counted', async () => {
    const { send, interceptor } = setUp([clientResponse(200)])
    open(1, 100)
    open(2, 100)
    await send()
    stream('stream:start', 1)
    stream('stream:start', 2)
    publish('connection:closed', { connectionId: 2, age: 1 })
    stream('stream:end', 2)
    expect(await states()).toEqual({ 'example.test active': 1, 'example.test idle': 0 })
    interceptor.dispose()
    expect(await states()).toEqual({ 'example.test active': 0, 'example.test idle': 0 })
  })

  test('are counted once when two interceptors serve two clients', async () => {
    const [one, two] = [
      setUp([clientResponse(200)]),
      setUp([clientResponse(200, [], '', { connectionId: 2 })]),
    ]
    open(1, 100)
    open(2, 200)
    await one.send()
    await two.send()
    expect(await states()).toEqual({ 'example.test idle': 2 })
  })
})

test('a meter that is registered later is used from then on', async () => {
  const late = telemetry.instrument({ meterProvider: undefined as never })
  const dispatch = late(scripted(clientResponse(200), clientResponse(200)).dispatch)
  await dispatch(clientRequest())
  metrics.setGlobalMeterProvider(telemetry.meterProvider)
  await dispatch(clientRequest())
  metrics.disable()
  const [point] = await telemetry.points('http.client.request.duration')
  expect(point?.value).toBe(1)
})

test('nothing is listened to after dispose', () => {
  const listened = () => EVENT_NAMES.filter((name) => events[name].hasSubscribers)
  const interceptor = telemetry.instrument({ dialSpans: true })
  expect(listened()).toContain('connection:open')
  interceptor.dispose()
  expect(listened()).toEqual([])
})
