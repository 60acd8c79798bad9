import { describe, expect, test } from 'vitest'
import { ProtocolMemory } from '../../../src/pool/protocol-memory.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const A = 'https://a.test'
const B = 'https://b.test'

function setUp(ttl = 1000) {
  const clock = new FakeClock(50)
  return { clock, memory: new ProtocolMemory(clock, ttl) }
}

describe('ProtocolMemory', () => {
  test('knows nothing at first, then what was spoken last, for each origin by itself', () => {
    const { memory } = setUp()
    expect(memory.expected(A)).toBeUndefined()
    memory.spoke(A, 'http/1.1')
    memory.spoke(B, 'h2')
    expect(memory.expected(A)).toBe('http/1.1')
    expect(memory.expected(B)).toBe('h2')
    memory.spoke(A, 'h2')
    expect(memory.expected(A)).toBe('h2')
    expect(memory.requiresHttp1(A)).toBe(false)
  })

  test('forgets after its time, by the clock it was given', () => {
    const { clock, memory } = setUp(1000)
    memory.spoke(A, 'h2')
    clock.jump(1000)
    expect(memory.expected(A)).toBe('h2')
    clock.jump(1)
    expect(memory.expected(A)).toBeUndefined()
  })

  test('each connection renews the memory', () => {
    const { clock, memory } = setUp(1000)
    memory.spoke(A, 'h2')
    clock.jump(900)
    memory.spoke(A, 'h2')
    clock.jump(900)
    expect(memory.expected(A)).toBe('h2')
  })

  test('an origin that asked for HTTP/1.1 is held to it, and later connections do not prolong that', () => {
    const { clock, memory } = setUp(1000)
    memory.requireHttp1(A)
    expect(memory.requiresHttp1(A)).toBe(true)
    expect(memory.expected(A)).toBe('http/1.1')
    clock.jump(900)
    memory.spoke(A, 'http/1.1')
    expect(memory.requiresHttp1(A)).toBe(true)
    clock.jump(101)
    expect(memory.requiresHttp1(A)).toBe(false)
    expect(memory.expected(A)).toBeUndefined()
  })

  test('what ALPN says overwrites the wish for HTTP/1.1', () => {
    const { memory } = setUp()
    memory.requireHttp1(A)
    memory.spoke(A, 'h2')
    expect(memory.requiresHttp1(A)).toBe(false)
    expect(memory.expected(A)).toBe('h2')
  })

  test('speaking HTTP/1.1 is not asking for it', () => {
    const { memory } = setUp()
    memory.spoke(A, 'http/1.1')
    expect(memory.requiresHttp1(A)).toBe(false)
  })

  test('forgets when told', () => {
    const { memory } = setUp()
    memory.requireHttp1(A)
    memory.forget(A)
    expect(memory.requiresHttp1(A)).toBe(false)
    expect(memory.expected(A)).toBeUndefined()
  })

  test('remembers a thousand origins, the least used go first', () => {
    const { memory } = setUp()
    memory.spoke(A, 'h2')
    for (let index = 0; index < 1000; index += 1) memory.spoke(`https://${index}.test`, 'http/1.1')
    expect(memory.expected(A)).toBeUndefined()
    expect(memory.expected('https://999.test')).toBe('http/1.1')
  })
})
