/** How many exchanges a connection takes, and when; PING, which only HTTP/2 has. */
import { expect } from 'vitest'
import { sleep, waitFor } from '../../support/wait-for.ts'
import type { Cases } from '../context.ts'
import type { Wire } from '../wire.ts'

export const slotCases: Cases = {
  'onReady comes soon, once, and not from inside attach': async (context) => {
    const wire = await context.wireTo()
    await wire.request()
    expect(wire.count('ready')).toBe(1)
    expect(wire.calls[0]).toBe('ready')
    expect(wire.connection.state).toBe('open')
  },

  'a connection takes one request before it is ready': async (context) => {
    const server = await context.serve()
    const wire = await context.attach(server.origin)
    expect([wire.connection.slots, wire.connection.state]).toEqual([1, 'open'])
    const recording = wire.open()
    expect(wire.connection.slots).toBe(0)
    expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
    expect((await recording.complete()).status).toBe(200)
  },

  'one connection serves many requests, one after the other': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    const full = wire.connection.slots
    for (let count = 0; count < 200; count += 1) {
      const recording = await wire.request({ path: count % 2 ? '/echo' : '/stream/3000' })
      expect(recording.status).toBe(200)
    }
    await waitFor(() => wire.connection.slots === full, { message: 'all slots to be free again' })
    expect(wire.connection.openExchanges).toBe(0)
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 200, maxConcurrentSeen: 1 })
  },

  'one connection serves many uploads, one after the other': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin)
    for (const size of [1, 1000, 20_000, 100_000, 400_000, 1_000_000]) {
      for (let count = 0; count < 20; count += 1) {
        await wire.untilFree()
        const recording = wire.open({ method: 'POST', path: '/upload', body: 'data' })
        recording.exchange.write(Buffer.alloc(size))
        recording.exchange.end()
        expect(JSON.parse((await recording.complete()).text).length).toBe(size)
      }
    }
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 120 })
  },

  'onSlots says when a slot is free again': async (context) => {
    const wire = await context.wireTo()
    const before = wire.count('slots')
    const recording = wire.open()
    expect(wire.connection.openExchanges).toBe(1)
    await recording.complete()
    await waitFor(() => wire.count('slots') > before, { message: 'onSlots' })
    expect(wire.connection.slots).toBeGreaterThan(0)
    expect(wire.connection.openExchanges).toBe(0)
  },

  'exchanges fill the slots, and no more': async (context) => {
    const limit = 5
    const server = await context.serve(undefined, limit)
    const wire = await context.connect(server.origin)
    const slots = context.protocol === 'h2' ? limit : 1
    expect(wire.connection.slots).toBe(slots)
    const open = Array.from({ length: slots }, () => wire.open({ path: '/delay/30' }))
    expect([wire.connection.slots, wire.connection.openExchanges]).toEqual([0, slots])
    expect(wire.openError()).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
    for (const recording of open) expect((await recording.complete()).status).toBe(200)
    await waitFor(() => wire.connection.slots === slots, { message: 'all slots to be free again' })
    expect(server.counts).toMatchObject({ tcpConnections: 1, maxConcurrentSeen: slots })
  },

  'a slot can be used from inside onSlots': async (context) => {
    const wire = await context.wireTo()
    wire.onSlots = () => {
      if (wire.recordings.length < 20 && wire.connection.slots > 0) wire.open()
    }
    await wire.request()
    await waitFor(() => wire.recordings.length === 20, { message: '20 requests' })
    for (const recording of wire.recordings) expect((await recording.complete()).status).toBe(200)
  },

  'a request from inside onError never gets a connection that is over': async (context) => {
    const { wire, peer } = await context.pair()
    const outcomes: unknown[] = []
    const recording = wire.open(
      {},
      { onError: () => outcomes.push([wire.connection.slots, wire.connection.state]) },
    )
    await peer.request()
    peer.reset()
    await recording.failed()
    expect(outcomes).toEqual([[0, 'closed']])
  },

  'stats tell what happened': async (context) => {
    const wire = await context.wireTo()
    const before = wire.connection.bytesReceived
    await wire.request({ path: '/bytes/10000' })
    const stats = wire.connection.stats()
    expect(stats).toMatchObject({ protocol: context.protocol, state: 'open', openExchanges: 0, goAway: null })
    expect(stats.id).toBe(wire.connection.id)
    expect(stats.bytesReceived - before).toBeGreaterThan(10_000)
    expect(stats.bytesSent).toBeGreaterThan(0)
    if (context.protocol === 'http/1.1') expect(stats.maxConcurrentStreams).toBe(1)
  },

  'a silent connection receives nothing': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    await sleep(50)
    const silent = wire.connection.bytesReceived
    await sleep(50)
    expect(wire.connection.bytesReceived).toBe(silent)
    request.head(200)
    await recording.until('headers')
    expect(wire.connection.bytesReceived).toBeGreaterThan(silent)
    request.end()
    await recording.complete()
  },

  'a thousand requests on one connection leave no listener behind': async (context) => {
    const warnings: unknown[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    context.defer(() => process.off('warning', onWarning))
    const server = await context.serve((_request, response) => void response.end())
    const wire = await context.connect(server.origin)
    await wire.request()
    await wire.untilFree()
    const before = listenerCounts(wire)
    for (let count = 0; count < 1000; count += 1) await wire.request()
    await wire.untilFree()
    expect(listenerCounts(wire)).toEqual(before)
    expect(warnings).toEqual([])
    expect(server.counts.tcpConnections).toBe(1)
  },
}

function listenerCounts(wire: Wire): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of wire.socket.eventNames()) counts[String(name)] = wire.socket.listenerCount(name)
  return counts
}

export const pingCases: Cases = {
  'PING tells the round-trip time': async (context) => {
    const wire = await context.wireTo()
    const time = await wire.connection.ping()
    expect(time).toBeGreaterThan(0)
    expect(time).toBeLessThan(1000)
  },

  'PING works while streams are open': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ path: '/delay/50' })
    expect(await wire.connection.ping()).toBeGreaterThan(0)
    expect((await recording.complete()).status).toBe(200)
  },

  'PING on a connection that is over rejects': async (context) => {
    const wire = await context.wireTo()
    wire.destroy()
    await expect(wire.connection.ping()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' })
    await wire.untilClosed()
    await expect(wire.connection.ping()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' })
  },

  'a PING that waits when the connection dies rejects': async (context) => {
    const { wire, peer } = await context.pair()
    const ping = wire.connection.ping()
    const rejected = expect(ping).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
    peer.reset()
    await rejected
  },

  'more PINGs at once than Node allows reject, and harm nothing': async (context) => {
    const wire = await context.wireTo()
    const pings = await Promise.allSettled(Array.from({ length: 20 }, () => wire.connection.ping()))
    expect(pings.some(({ status }) => status === 'fulfilled')).toBe(true)
    for (const ping of pings) {
      if (ping.status === 'rejected') expect(ping.reason.code).toMatch(/^ERR_TRUNKLINE_/)
    }
    expect(await wire.connection.ping()).toBeGreaterThan(0)
    expect((await wire.request()).status).toBe(200)
  },

  'parallel streams, a hundred of them': async (context) => {
    const server = await context.serve(undefined, 100)
    const wire = await context.connect(server.origin)
    const open = Array.from({ length: 100 }, (_, index) => wire.open({ path: `/bytes/${1000 + index}` }))
    for (const [index, recording] of open.entries()) {
      await recording.complete()
      expect(recording.bytes).toBe(1000 + index)
    }
    expect(server.counts.tcpConnections).toBe(1)
  },
}
