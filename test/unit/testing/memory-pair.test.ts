/** The raw peer over a connection in memory, with node:http2 at the other end. */
import { connect } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { RawPeer } from '../../../src/testing/index.ts'
import { outcome } from '../support/node-client.ts'

function connectedPair() {
  const { socket, connection } = RawPeer.pair({ timeout: 1000 })
  const client = connect('http://localhost', { createConnection: () => socket })
  const errors: Error[] = []
  client.on('error', (error) => errors.push(error))
  const gone = new Promise<void>((resolve) => client.once('close', resolve))
  return { client, connection, errors, gone }
}

test('a script answers a request frame by frame', async () => {
  const { client, connection, errors, gone } = connectedPair()
  const answered = outcome(client.request({ ':path': '/frames' }))
  await connection.preface()
  const request = await connection.expectRequest()
  expect(request.path).toBe('/frames')
  await request.respond({ status: 201, body: 'in memory' })
  expect(await answered).toMatchObject({ status: 201, body: 'in memory', rstCode: 0 })
  expect(connection.violations).toEqual([])
  client.close()
  expect(await connection.expectClose()).toBe('fin')
  await gone
  expect(errors).toEqual([])
})

test('a large body goes both ways, as far as the windows allow', async () => {
  const { client, connection } = connectedPair()
  connection.autoRespond(async (request) => ({ body: await request.body() }))
  const body = Buffer.alloc(1_000_000, 'abcdefg')
  const stream = client.request({ ':method': 'POST' })
  stream.end(body)
  expect((await buffer(stream)).equals(body)).toBe(true)
  client.close()
  await connection.closed
})

test('REFUSED_STREAM, a byte at a time', async () => {
  const { client, connection } = connectedPair()
  connection.byteByByte = true
  const refused = outcome(client.request({}))
  await connection.preface()
  connection.sendReset((await connection.expectRequest()).streamId, 'REFUSED_STREAM')
  expect(await refused).toMatchObject({ status: undefined, rstCode: 7 })
  client.close()
  await connection.closed
})

test('a reset is ECONNRESET for the client', async () => {
  const { client, connection, errors, gone } = connectedPair()
  const cut = outcome(client.request({}))
  await connection.preface()
  await connection.expectRequest()
  connection.reset()
  expect(await cut).toMatchObject({ status: undefined })
  await gone
  expect(errors).toMatchObject([{ code: 'ECONNRESET' }])
})

test('the end of the connection is seen by the client', async () => {
  const { connection, gone } = connectedPair()
  await connection.preface()
  connection.sendGoAway()
  connection.fin()
  await gone
  expect(await connection.closed).toBe('local')
})

test('what a responder throws reaches the client', async () => {
  const { client, connection, errors, gone } = connectedPair()
  connection.autoRespond(() => {
    throw new Error('no answer to that')
  })
  const failed = outcome(client.request({}))
  await gone
  await failed
  expect(errors).toMatchObject([{ message: 'Error: no answer to that' }])
})
