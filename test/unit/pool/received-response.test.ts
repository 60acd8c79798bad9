import { expect, test } from 'vitest'
import { BodyQueue } from '../../../src/core/body-queue.ts'
import { ResponseBody } from '../../../src/core/response-body.ts'
import type { PooledConnection } from '../../../src/pool/pooled-connection.ts'
import { ReceivedResponse } from '../../../src/pool/received-response.ts'

test('is the head, the body, and where they came from; its timings go on after the head', () => {
  const connection = {
    id: 7,
    protocol: 'h2',
    connectedAt: 0,
    dialled: { timings: { dns: 1, connect: 2, tls: 3 }, tls: null },
  } as unknown as PooledConnection
  const steps = {
    exchange: null,
    since: 10,
    uploadedAt: 0,
    calledAt: 10,
    sentAt: 20,
    headAt: 30,
    endedAt: null as number | null,
    attempts: 1,
  }
  const body = new ResponseBody(new BodyQueue({ pause() {}, resume() {}, cancel() {} }))
  const response = new ReceivedResponse(201, ['a', '1'], body, 'https://a.test/', 5, connection, steps)
  expect(response).toMatchObject({
    status: 201,
    headers: ['a', '1'],
    url: 'https://a.test/',
    redirects: 0,
    protocol: 'h2',
    connectionId: 7,
    streamId: 5,
  })
  expect(response.body).toBe(body)
  expect(response.timings).toMatchObject({ queued: 10, firstByte: 10, total: null })
  steps.endedAt = 45
  expect(response.timings.total).toBe(35)
})

test('has the reason phrase, or none', () => {
  const connection = { id: 7, protocol: 'http/1.1' } as unknown as PooledConnection
  const steps = {
    exchange: null,
    since: 0,
    uploadedAt: 0,
    calledAt: 0,
    sentAt: 0,
    headAt: 0,
    endedAt: null,
    attempts: 1,
  }
  const body = new ResponseBody(new BodyQueue({ pause() {}, resume() {}, cancel() {} }))
  const made = (reason?: string) =>
    new ReceivedResponse(200, [], body, 'https://a.test/', undefined, connection, steps, reason)
  expect(made('Fine').statusText).toBe('Fine')
  expect(made().statusText).toBe('')
})
