/** How a connection ends, what keeps the process alive, and that nothing is left behind. */
import { expect } from 'vitest'
import { activeHandles } from '../../support/handles.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import { type Cases, exchangeOnce } from '../context.ts'
import { expectDestroyed } from './endings.ts'

/** Waits until no socket of an earlier case is on its way out any more. */
async function untilOthersAreGone(): Promise<void> {
  for (let steady = 0, last = -1; steady < 5; steady = liveSockets() === last ? steady + 1 : 0) {
    last = liveSockets()
    await sleep(20)
  }
}

/** Sockets that keep this process alive. */
function liveSockets(): number {
  const handles = activeHandles()
  return (handles.TCPSocketWrap ?? 0) + (handles.TLSWrap ?? 0)
}

export const lifecycleCases: Cases = {
  'drain closes an idle connection': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    await wire.request()
    await wire.untilFree()
    wire.drain()
    expect(wire.connection.slots).toBe(0)
    expect(wire.connection.state).not.toBe('open')
    expect(await wire.untilClosed()).toBeNull()
    await server.assertNoConnections()
  },

  'drain closes a connection that was never used': async (context) => {
    const wire = await context.wireTo()
    wire.drain()
    wire.drain()
    expect(await wire.untilClosed()).toBeNull()
  },

  'drain closes an idle connection, though its peer never ends its side': async (context) => {
    const { wire, peer } = await context.pair()
    await exchangeOnce(wire, peer)
    peer.hang()
    wire.drain()
    expect(await wire.untilClosed()).toBeNull()
    expect(wire.connection.state).toBe('closed')
  },

  'drain finishes the open exchange, and then closes': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    const recording = wire.open({ path: '/slow-body/50' })
    await recording.until('headers')
    wire.drain()
    expect([wire.connection.state, wire.connection.slots]).toEqual(['draining', 0])
    expect(wire.connection.openExchanges).toBe(1)
    expect((await recording.complete()).text).toBe('first,last')
    expect(await wire.untilClosed()).toBeNull()
    await server.assertNoConnections()
  },

  'drain in the tick of open finishes the exchange': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', path: '/echo', body: 'data' })
    wire.drain()
    recording.exchange.write(Buffer.from('still sent'))
    recording.exchange.end()
    expect((await recording.complete()).text).toBe('still sent')
    expect(await wire.untilClosed()).toBeNull()
  },

  'drain from inside onEnd closes': async (context) => {
    const wire = await context.wireTo()
    await wire.open({}, { onEnd: () => wire.drain() }).complete()
    expect(await wire.untilClosed()).toBeNull()
  },

  'an exchange that is reset lets a draining connection close': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ path: '/hang' })
    await sleep(20)
    wire.drain()
    recording.reset()
    expect(await wire.untilClosed()).toBeNull()
  },

  'open on a draining and on a closed connection throws, and nothing was sent': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    const recording = wire.open({ path: '/slow-body/30' })
    wire.drain()
    const unusable = { code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' }
    expect(wire.openError()).toMatchObject(unusable)
    await recording.complete()
    await wire.untilClosed()
    expect(wire.openError()).toMatchObject(unusable)
    expect(server.counts.requests).toBe(1)
  },

  'open on a destroyed connection throws': async (context) => {
    const wire = await context.wireTo()
    wire.destroy()
    expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
  },

  'open after the server closed throws, or fails without a hang': async (context) => {
    const { wire, peer } = await context.pair()
    peer.fin()
    await wire.untilClosed()
    expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
  },

  'a request that crosses the end of the connection is settled': async (context) => {
    for (const end of ['fin', 'reset'] as const) {
      const { wire, peer } = await context.pair()
      peer[end]()
      const recording = wire.open()
      const error = await recording.failed()
      expect(error.processed).not.toBe('yes')
      await wire.untilClosed()
    }
  },

  'an idle connection that the server closes says so, without an error': async (context) => {
    for (const used of [false, true]) {
      const { wire, peer } = await context.pair()
      if (used) await exchangeOnce(wire, peer)
      peer.fin()
      expect(await wire.untilClosed()).toBeNull()
      expect([wire.connection.state, wire.connection.slots]).toEqual(['closed', 0])
    }
  },

  'an idle connection that is reset says so': async (context) => {
    for (const used of [false, true]) {
      const { wire, peer } = await context.pair()
      if (used) await exchangeOnce(wire, peer)
      peer.reset()
      // Node's Agent does not tell a reset from a FIN while it guards an idle socket.
      const error = await wire.untilClosed()
      if (error !== null) expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
      expect([wire.connection.state, wire.connection.slots]).toEqual(['closed', 0])
    }
  },

  'destroy of an idle connection closes it, once': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    const error = wire.destroy()
    wire.destroy()
    wire.drain()
    expect(await wire.untilClosed()).toBe(error)
    await server.assertNoConnections()
    await sleep(20)
    expect(wire.count('closed')).toBe(1)
  },

  'destroy of a draining connection settles what is open': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ path: '/hang' })
    await sleep(20)
    wire.drain()
    const error = wire.destroy()
    expectDestroyed(recording, error)
    expect(await wire.untilClosed()).toBe(error)
  },

  'unref lets the process go, and ref holds it': async (context) => {
    await untilOthersAreGone()
    const wire = await context.wireTo()
    const held = liveSockets()
    wire.connection.unref()
    expect(liveSockets()).toBe(held - 1)
    wire.connection.ref()
    expect(liveSockets()).toBe(held)
    wire.connection.unref()
    wire.connection.unref()
    // What was decided outlives requests, and holds in the middle of them.
    await wire.request()
    await wire.untilFree()
    const recording = wire.open({ path: '/slow-body/20' })
    await recording.until('headers')
    expect(liveSockets()).toBe(held - 1)
    wire.connection.ref()
    expect(liveSockets()).toBe(held)
    await recording.complete()
    await wire.request()
    await wire.untilFree()
    expect(liveSockets()).toBe(held)
  },

  'a connection is severed when its transport is gone, and not before': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    expect(wire.connection.severed).toBe(false)
    request.head(200)
    request.end()
    await recording.complete()
    await wire.untilFree()
    expect(wire.connection.severed).toBe(false)
    peer.reset()
    await wire.untilClosed()
    expect(wire.connection.severed).toBe(true)
  },

  'ref and unref after the end are harmless': async (context) => {
    const wire = await context.wireTo()
    wire.destroy()
    await wire.untilClosed()
    wire.connection.ref()
    wire.connection.unref()
    wire.connection.drain()
  },

  'many connections, opened and closed in every way, leave no socket': async (context) => {
    const server = await context.serve()
    for (let count = 0; count < 30; count += 1) {
      const wire = await context.connect(server.origin)
      const recording = wire.open({ path: count % 2 ? '/bytes/100000' : '/hang' })
      if (count % 3 === 0) await sleep(2)
      if (count % 5 === 0) recording.reset()
      if (count % 2 || count % 5 === 0) wire.drain()
      else wire.destroy()
    }
    await server.assertNoConnections(3000)
    await waitFor(() => server.counts.openSessions === 0)
  },
}
