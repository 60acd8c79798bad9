/** Every way an exchange ends: whole, cut off, lost, given up. Exactly one outcome each, and silence behind it. */
import { expect } from 'vitest'
import type { ClientError } from '../../../src/core/errors.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import { type Cases, type Context, exchangeOnce } from '../context.ts'
import type { PeerConnection } from '../peer.ts'
import type { Recording } from '../recording.ts'

/** An exchange that the server ends in the middle of the body. */
async function endMidBody(context: Context, end: (peer: PeerConnection) => void): Promise<Recording> {
  const { wire, peer } = await context.pair()
  const recording = wire.open()
  const request = await peer.request()
  request.head(200)
  request.data('the first half')
  await recording.until('data')
  end(peer)
  await recording.settled()
  return recording
}

function expectLost(recording: Recording, processed: 'maybe' | 'yes'): void {
  expect(recording.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed })
  expect(recording.calls.at(-1)).toBe('error')
  expect(recording.calls).not.toContain('end')
}

/** It got the error of `destroy()`, or a copy that knows more about this exchange. */
export function expectDestroyed(recording: Recording, error: ClientError): void {
  const { name, code, message, cause } = error
  expect(recording.error).toMatchObject({ name, code, message, cause })
}

/** Opens as many exchanges as fit, at most 20, and waits until the server has them all. */
async function manyOpen(context: Context) {
  const { wire, peer } = await context.pair()
  const recordings: Recording[] = []
  while (recordings.length < 20 && wire.connection.slots > 0) recordings.push(wire.open())
  for (let count = 0; count < recordings.length; count += 1) await peer.request()
  return { wire, peer, recordings }
}

export const endingCases: Cases = {
  'a body that the server cuts off is an error': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    request.head(200)
    request.data('the first half')
    await recording.until('data')
    request.cut()
    const error = await recording.failed()
    expect(error).toMatchObject({ processed: 'yes', phase: 'body' })
    const codes = ['ERR_TRUNKLINE_CONNECTION_LOST', 'ERR_TRUNKLINE_STREAM_RESET']
    expect(codes).toContain(error.code)
    expect(recording.text).toBe('the first half')
  },

  'a FIN in the middle of a body is an error': async (context) => {
    expectLost(await endMidBody(context, (peer) => peer.fin()), 'yes')
  },

  'a TCP reset in the middle of a body is an error': async (context) => {
    expectLost(await endMidBody(context, (peer) => peer.reset()), 'yes')
  },

  'a FIN before the response is an error, and the request may have been processed': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST' })
    await peer.request()
    peer.fin()
    await recording.settled()
    expectLost(recording, 'maybe')
    expect(recording.error?.phase).toBe('headers')
  },

  'a TCP reset before the response is an error, with its cause': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST' })
    await peer.request()
    peer.reset()
    await recording.settled()
    expectLost(recording, 'maybe')
    // Node 22 shows some TCP resets over TLS as an orderly end, of which there is nothing to say.
    const known = recording.error?.cause ?? null
    if (known !== null || !process.versions.node.startsWith('22.')) {
      expect(known).toMatchObject({ code: 'ECONNRESET' })
    }
  },

  'errors name the origin and the connection': async (context) => {
    const { wire, peer, listener } = await context.pair()
    const recording = wire.open()
    await peer.request()
    peer.reset()
    const error = await recording.failed()
    expect([error.origin, error.connectionId]).toEqual([listener.origin, wire.connection.id])
    expect(error.message).toContain(listener.origin)
  },

  'a lost connection settles every exchange, each once': async (context) => {
    for (const end of ['reset', 'fin'] as const) {
      const { wire, peer, recordings } = await manyOpen(context)
      expect(recordings.length).toBe(context.protocol === 'h2' ? 20 : 1)
      peer[end]()
      for (const recording of recordings) {
        await recording.settled()
        expectLost(recording, 'maybe')
      }
      await wire.untilClosed()
      expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
    }
  },

  'a lost upload fails once, or its connection is known to be severed': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST', body: 'data' })
    await peer.request()
    recording.exchange.write(Buffer.alloc(1024))
    peer.reset()
    for (let count = 0; count < 50 && !recording.isOver; count += 1) {
      recording.exchange.write(Buffer.alloc(64 * 1024))
      await sleep(2)
    }
    // Node 22 and 24 may say nothing at all of a TCP reset that meets an HTTP/2 session writing (nodejs/node#61304):
    // no event, and no answer to a PING. Then it is for others to look, and to destroy.
    if (!recording.isOver) {
      expect(wire.connection.severed).toBe(true)
      wire.destroy()
    }
    await recording.settled()
    expectLost(recording, 'maybe')
    expect(recording.exchange.write(Buffer.alloc(1))).toBe(true)
    recording.exchange.end()
    await wire.untilClosed()
  },

  'reset before the response tells the server, and silences the handler': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    recording.reset()
    await request.expectCancel()
    request.head(200)
    request.data('too late')
    request.end()
    await sleep(20)
    expect(recording.calls).toEqual([])
  },

  'reset in the middle of the body tells the server, and silences the handler': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    request.head(200)
    request.data('some')
    await recording.until('data')
    recording.reset()
    await request.expectCancel()
    request.data('more')
    request.end()
    await sleep(20)
    expect(recording.calls).toEqual(['headers', 'data'])
  },

  'reset in the middle of an upload tells the server': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST', body: 'data' })
    recording.exchange.write(Buffer.from('half of it'))
    const request = await peer.request()
    recording.reset()
    await request.expectCancel()
    expect(recording.calls).toEqual([])
    expect(request.isComplete, 'a body that was given up must not look whole').toBe(false)
  },

  'reset in the tick of open is silent': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open()
    recording.reset()
    recording.reset()
    await waitFor(() => wire.connection.slots > 0 || wire.connection.state === 'closed')
    await sleep(20)
    expect(recording.calls).toEqual([])
    expect(wire.connection.openExchanges).toBe(0)
  },

  'reset from inside onHeaders and onData is silent at once': async (context) => {
    for (const hook of ['onHeaders', 'onData'] as const) {
      const wire = await context.wireTo()
      const recording = wire.open({ path: '/stream/500000' }, { [hook]: (one: Recording) => one.reset() })
      await waitFor(() => recording.isOver, { message: hook })
      await sleep(30)
      expect(recording.calls).toEqual(hook === 'onHeaders' ? ['headers'] : ['headers', 'data'])
    }
  },

  'reset of a paused response frees what it held': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ path: '/bytes/8000000' }, { onHeaders: ({ exchange }) => exchange.pause() })
    await recording.until('headers')
    recording.reset()
    await waitFor(() => wire.connection.openExchanges === 0, { message: 'the exchange to be gone' })
    if (context.protocol === 'h2') expect((await wire.request()).status).toBe(200)
    else await wire.untilClosed()
  },

  'every method is harmless after the end': async (context) => {
    const wire = await context.wireTo()
    const recording = await wire.request({ path: '/echo' })
    const { exchange } = recording
    exchange.reset()
    exchange.reset(2)
    exchange.pause()
    exchange.resume()
    exchange.end(['x-late', '1'])
    expect(exchange.write(Buffer.from('late'))).toBe(true)
    await sleep(10)
    expect(recording.calls).toEqual(['headers', 'data', 'end'])
    // And the connection did not suffer.
    expect((await wire.request()).status).toBe(200)
  },

  'reset after the end does not touch the next exchange': async (context) => {
    const wire = await context.wireTo()
    const first = await wire.request()
    await wire.untilFree()
    const second = wire.open({ path: '/delay/20' })
    first.exchange.reset()
    first.exchange.pause()
    expect((await second.complete()).status).toBe(200)
  },

  'destroy settles every open exchange before it returns': async (context) => {
    const { wire, recordings } = await manyOpen(context)
    const error = wire.destroy()
    for (const recording of recordings) {
      expect(recording.calls).toEqual(['error'])
      expect(recording.error).toMatchObject({ code: error.code, message: error.message })
    }
    expect([wire.connection.state, wire.connection.slots]).toEqual(['closed', 0])
    expect(await wire.untilClosed()).toBe(error)
  },

  'destroy in the middle of a body settles it once': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ path: '/bytes/8000000' })
    await recording.until('data')
    const error = wire.destroy()
    expect(recording.calls).toEqual(['headers', 'data', 'error'])
    expectDestroyed(recording, error)
    expect(recording.error?.processed).toBe('yes')
    await wire.untilClosed()
  },

  'destroy in the tick of open settles the exchange': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', body: 'data' })
    recording.exchange.write(Buffer.from('never mind'))
    const error = wire.destroy()
    expect(recording.error).toMatchObject({ code: error.code, message: error.message })
    expect(await wire.untilClosed()).toBe(error)
  },

  'destroy from inside a handler settles the exchange': async (context) => {
    for (const hook of ['onHeaders', 'onData'] as const) {
      const wire = await context.wireTo()
      const recording = wire.open({ path: '/bytes/300000' }, { [hook]: () => wire.destroy() })
      await recording.settled()
      expect(recording.calls.at(-1)).toBe('error')
      await wire.untilClosed()
    }
  },
}

export const http2EndingCases: Cases = {
  'one stream reset leaves the others alone': async (context) => {
    const { wire, peer } = await context.pair()
    const [first, second] = [wire.open({ path: '/first' }), wire.open({ path: '/second' })]
    const requests = [await peer.request(), await peer.request()]
    requests.find(({ path }) => path === '/first')?.cut()
    await first.failed()
    const other = requests.find(({ path }) => path === '/second')
    other?.head(200)
    other?.end()
    expect((await second.complete()).status).toBe(200)
    expect(wire.connection.state).toBe('open')
  },

  'an aborted stream frees its slot, and the connection lives on': async (context) => {
    const server = await context.serve(undefined, 1)
    const wire = await context.connect(server.origin)
    for (let count = 0; count < 20; count += 1) {
      await wire.untilFree()
      wire.open({ path: '/hang' }).reset()
    }
    expect((await wire.request()).status).toBe(200)
    expect(server.counts.tcpConnections).toBe(1)
  },

  'GOAWAY: what the server has goes on to its end, the connection takes nothing new': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    const recording = wire.open({ path: '/slow-body/50' })
    await recording.until('headers')
    server.goAwayAll()
    await waitFor(() => wire.count('draining') > 0, { message: 'onDraining' })
    expect(wire.goAway).toMatchObject({ http2Code: 0 })
    expect([wire.connection.state, wire.connection.slots]).toEqual(['draining', 0])
    expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
    expect((await recording.complete()).text).toBe('first,last')
    expect(await wire.untilClosed()).toBeNull()
    expect(wire.count('draining')).toBe(1)
  },

  'GOAWAY: an idle connection closes, though its peer never ends its side': async (context) => {
    for (const used of [false, true]) {
      const { wire, peer } = await context.pair()
      if (used) await exchangeOnce(wire, peer)
      peer.goAway()
      peer.hang()
      expect(await wire.untilClosed()).toBeNull()
      expect([wire.count('draining'), wire.connection.state]).toEqual([1, 'closed'])
    }
  },

  'GOAWAY: the last exchange closes the connection, though its peer never ends its side': async (context) => {
    const { wire, peer } = await context.pair()
    const open = [wire.open(), wire.open()]
    const requests = [await peer.request(), await peer.request()]
    peer.goAway()
    for (const [index, request] of requests.entries()) {
      request.head(200)
      if (index === 1) peer.hang()
      request.end()
    }
    await open[0]?.complete()
    open[1]?.reset()
    expect(await wire.untilClosed()).toBeNull()
  },

  'GOAWAY is told once, and again when it says something else': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    for (const lastStreamId of [2 ** 31 - 1, 2 ** 31 - 1, 1, 1]) peer.goAway(lastStreamId)
    request.head(200)
    request.end()
    await recording.complete()
    expect(wire.goAways.map(({ lastStreamId }) => lastStreamId)).toEqual([2 ** 31 - 1, 1])
    expect(wire.connection.stats().goAway).toMatchObject({ lastStreamId: 1 })
    await wire.untilClosed()
    expect([wire.goAways.length, wire.count('draining')]).toEqual([2, 1])
  },
}
