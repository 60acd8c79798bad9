import { describe, expect, test } from 'vitest'
import type { PooledConnection } from '../../../src/pool/pooled-connection.ts'
import { timingsOf } from '../../../src/pool/timings.ts'

const steps = {
  since: 100,
  calledAt: 100,
  sentAt: 130,
  uploadedAt: 140,
  headAt: 150,
  endedAt: null,
  attempts: 2,
}

function connection(connectedAt: number, tls: { version: string; resumed: boolean } | null = null) {
  const dialled = { timings: { dns: 1, connect: 2, tls: 3 }, tls }
  return { connectedAt, dialled } as unknown as PooledConnection
}

describe('timingsOf', () => {
  test('a dial that ended after the call is part of it', () => {
    expect(timingsOf(steps, connection(120))).toEqual({
      startedAt: 100,
      before: 0,
      queued: 30,
      dns: 1,
      connect: 2,
      tls: 3,
      resumed: false,
      sent: 10,
      firstByte: 20,
      received: null,
      total: null,
      attempts: 2,
    })
  })

  test('one that had ended before is not', () => {
    expect(timingsOf(steps, connection(99))).toMatchObject({ dns: null, connect: null, tls: null })
  })

  test('the total is there at the end, and 0 is a time', () => {
    expect(timingsOf({ ...steps, endedAt: 175 }, connection(0)).total).toBe(75)
    expect(timingsOf({ ...steps, endedAt: 100 }, connection(0)).total).toBe(0)
  })

  test('the phases add up to the whole, whatever came before this attempt', () => {
    const { before, queued, firstByte, received, total } = timingsOf(
      { ...steps, since: 40, endedAt: 175 },
      connection(0),
    )
    expect([before, queued, firstByte, received, total]).toEqual([60, 30, 20, 25, 135])
  })

  test('of a dial that had begun before the call, what was left of it', () => {
    expect(timingsOf(steps, connection(104))).toMatchObject({ dns: 0, connect: 1, tls: 3 })
    expect(timingsOf(steps, connection(102))).toMatchObject({ dns: 0, connect: 0, tls: 2 })
  })

  test('an upload that is under way has no end; none at all takes no time', () => {
    expect(timingsOf({ ...steps, uploadedAt: null }, connection(0)).sent).toBeNull()
    expect(timingsOf({ ...steps, uploadedAt: 0 }, connection(0)).sent).toBe(0)
  })

  test('says whether TLS was resumed', () => {
    expect(timingsOf(steps, connection(0, { version: 'TLSv1.3', resumed: true })).resumed).toBe(true)
    expect(timingsOf(steps, connection(0, { version: 'TLSv1.3', resumed: false })).resumed).toBe(false)
  })
})
