import { expect, test } from 'vitest'
import { originStats } from '../../src/stats.ts'
import { crowd, World } from './fakes/pools.ts'

test('an origin is shown with its queue, its dials and each connection, as plain data', async () => {
  const world = new World({ limits: { maxSessions: 2 } })
  const pool = world.pool()
  crowd(pool, 3)
  expect(originStats(pool, world.clock.now())).toEqual({
    origin: 'https://example.test',
    proxy: null,
    queued: 3,
    dialling: 1,
    connections: [],
  })
  await world.established(2)
  await world.clock.advance(40)
  const busy = originStats(pool, world.clock.now())
  expect(busy).toEqual({
    origin: 'https://example.test',
    proxy: null,
    queued: 1,
    dialling: 1,
    connections: [
      {
        id: 1,
        protocol: 'h2',
        standing: 'ready',
        openExchanges: 2,
        maxConcurrentStreams: 2,
        bytesReceived: 9,
        bytesSent: 0,
        goAway: null,
        requests: 2,
        age: 40,
        idle: null,
        tls: { version: 'TLSv1.3', resumed: false },
        remoteAddress: '192.0.2.1',
        roundTrip: { smoothed: null, min: null },
      },
    ],
  })
  expect(structuredClone(busy)).toEqual(busy)
})

test('idle is counted from the end of the last exchange', async () => {
  const world = new World()
  const pool = world.pool()
  crowd(pool, 1)
  const connection = await world.established()
  await world.clock.advance(10)
  connection.lastExchange.answer()
  await world.clock.advance(25)
  expect(originStats(pool, world.clock.now()).connections).toMatchObject([{ idle: 25, age: 35, requests: 1 }])
})
