import { describe, expect, test } from 'vitest'
import { census, type DialFacts, dialsWanted } from '../../../src/pool/dial-plan.ts'

const NOTHING: DialFacts = {
  waiting: 0,
  dialling: 0,
  http2: 0,
  undecided: 0,
  http1: 0,
  resting: 0,
  expected: undefined,
  maxSessions: 1,
  maxSockets: 64,
}

const H1 = { expected: 'http/1.1' } as const
const H2 = { expected: 'h2' } as const

describe('dialsWanted', () => {
  test.each<[string, Partial<DialFacts>, number]>([
    ['nobody waits: none', {}, 0],
    ['nobody waits, whatever is known: none', { ...H1, http1: 3 }, 0],
    ['an unknown origin: one for all', { waiting: 50 }, 1],
    ['an unknown origin with a dial under way: none', { waiting: 50, dialling: 1 }, 0],
    ['an origin known for HTTP/2: one for all', { waiting: 50, ...H2 }, 1],
    ['a starting connection: none', { waiting: 50, http2: 1, undecided: 1 }, 0],
    ['one full session of one: none', { waiting: 5, http2: 1 }, 0],
    ['one full session of two: one more', { waiting: 5, http2: 1, maxSessions: 2 }, 1],
    [
      'two full sessions of three, one of them in doubt: none yet',
      { waiting: 5, http2: 2, undecided: 1, maxSessions: 3 },
      0,
    ],
    [
      'two full sessions of three, a dial under way: none',
      { waiting: 5, http2: 2, dialling: 1, maxSessions: 3 },
      0,
    ],
    ['as many sessions as allowed: none', { waiting: 5, http2: 3, maxSessions: 3 }, 0],
    ['HTTP/1.1 expected: one each', { waiting: 5, ...H1 }, 5],
    ['HTTP/1.1 found: one each', { waiting: 5, http1: 1 }, 5],
    ['HTTP/1.1: those under way count', { waiting: 5, ...H1, dialling: 3 }, 2],
    ['HTTP/1.1: more dials than waiters is enough', { waiting: 2, ...H1, dialling: 3 }, 0],
    ['HTTP/1.1: at most maxSockets in all', { waiting: 50, ...H1, http1: 3, dialling: 2, maxSockets: 6 }, 1],
    ['HTTP/1.1: maxSockets reached', { waiting: 50, ...H1, http1: 6, maxSockets: 6 }, 0],
    ['HTTP/1.1: above maxSockets', { waiting: 50, ...H1, http1: 8, maxSockets: 6 }, 0],
    ['HTTP/1.1: 16 handshakes at once', { waiting: 50, ...H1 }, 16],
    ['HTTP/1.1: 16 handshakes at once, those under way included', { waiting: 50, ...H1, dialling: 10 }, 6],
    ['HTTP/1.1: 16 under way', { waiting: 50, ...H1, dialling: 16 }, 0],
    ['HTTP/1.1: those about to be free count', { waiting: 5, http1: 3, resting: 2 }, 3],
    ['HTTP/1.1: as many about to be free as wait', { waiting: 2, http1: 3, resting: 3 }, 0],
    ['an HTTP/2 connection beats the memory of HTTP/1.1', { waiting: 5, ...H1, http2: 1 }, 0],
    ['an HTTP/2 connection beats HTTP/1.1 ones', { waiting: 5, http1: 2, http2: 1 }, 0],
    ['HTTP/2 expected, HTTP/1.1 found: one each', { waiting: 3, ...H2, http1: 1 }, 3],
  ])('%s', (_, facts, expected) => {
    expect(dialsWanted({ ...NOTHING, ...facts })).toBe(expected)
  })
})

describe('census', () => {
  const connection = { standing: 'ready', late: false, protocol: 'h2', resting: false } as const

  test.each([
    ['none', [], { http2: 0, undecided: 0, http1: 0, resting: 0 }],
    ['a ready one', [connection], { http2: 1, undecided: 0, http1: 0, resting: 0 }],
    [
      'a starting one',
      [{ ...connection, standing: 'starting' }],
      { http2: 1, undecided: 1, http1: 0, resting: 0 },
    ],
    [
      'a suspect one',
      [{ ...connection, standing: 'suspect' }],
      { http2: 1, undecided: 1, http1: 0, resting: 0 },
    ],
    [
      'a late one, a draining one, a closed one',
      [
        { ...connection, standing: 'suspect', late: true },
        { ...connection, standing: 'draining' },
        { ...connection, standing: 'closed' },
      ],
      { http2: 0, undecided: 0, http1: 0, resting: 0 },
    ],
    [
      'HTTP/1.1, busy and about to be free',
      [
        { ...connection, protocol: 'http/1.1' },
        { ...connection, protocol: 'http/1.1', resting: true },
      ],
      { http2: 0, undecided: 0, http1: 2, resting: 1 },
    ],
  ] as const)('of %s', (_, connections, expected) => {
    expect(census(connections)).toEqual(expected)
  })
})
