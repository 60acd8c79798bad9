import { describe, expect, test } from 'vitest'
import type { PooledConnection } from '../../../src/pool/pooled-connection.ts'
import { timingsOf } from '../../../src/pool/timings.ts'

const steps = { calledAt: 100, sentAt: 130, headAt: 150, endedAt: null, attempts: 2 }

function connection(connectedAt: number, tls: { version: string; resumed: boolean } | null = null) {
  const dialled = { timings: { dns: 1, connect: 2, tls: 3 }, tls }
  return { connectedAt, dialled } as unknown as PooledConnection
}

describe('timingsOf', () => {
  test('a dial that ended after the call is part of it', () => {
    expect(timingsOf(steps, connection(120))).toEqual({
      queued: 30,
      dns: 1,
      connect: 2,
      tls: 3,
      resumed: false,
      firstByte: 20,
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

  test('says whether TLS was resumed', () => {
    expect(timingsOf(steps, connection(0, { version: 'TLSv1.3', resumed: true })).resumed).toBe(true)
    expect(timingsOf(steps, connection(0, { version: 'TLSv1.3', resumed: false })).resumed).toBe(false)
  })
})
