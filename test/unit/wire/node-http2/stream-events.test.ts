import { EventEmitter } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { hear, type StreamListener } from '../../../../src/wire/node-http2/stream-events.ts'

/** A stream, and the names of what its listener was told. */
function setUp() {
  const told: string[] = []
  const listener = new Proxy({} as StreamListener, {
    get: (_, name) => () => {
      told.push(String(name))
    },
  })
  const stream = new EventEmitter()
  hear(stream as ClientHttp2Stream, listener)
  return { stream, told }
}

describe('the events of a node:http2 stream', () => {
  test('reach the listener and whoever else listens', () => {
    const { stream, told } = setUp()
    const seen: unknown[] = []
    stream.on('data', (chunk) => seen.push(chunk))
    stream.emit('response', {}, 0, [])
    expect(stream.emit('data', 'piece')).toBe(true)
    stream.emit('end')
    stream.emit('close')
    expect(told).toEqual(['onResponse', 'onChunk', 'onStreamEnd', 'onStreamClose'])
    expect(seen).toEqual(['piece'])
  })

  test('an error that has no listener is not thrown', () => {
    const { stream, told } = setUp()
    expect(stream.emit('error', new Error('reset'))).toBe(true)
    expect(told).toEqual([])
  })

  test('lead nowhere once the stream is closed: whoever keeps it keeps nothing of the request', () => {
    const { stream, told } = setUp()
    let heard = 0
    stream.on('close', () => {
      heard += 1
    })
    stream.emit('close')
    told.length = 0
    stream.emit('close')
    expect([told, heard]).toEqual([[], 2])
    expect(stream.emit).toBe(EventEmitter.prototype.emit)
  })
})
