import { describe, expect, test } from 'vitest'
import { appliesTo, checkFaults, type Fault } from '../../../src/testing/chaos-faults.ts'
import { ChaosServer, RawHttp1Peer, RawPeer } from '../../../src/testing/index.ts'

describe('a fault that is wrong', () => {
  const cases: readonly [fault: unknown, message: string][] = [
    [{ kind: 'go-away' }, 'faults[0]: there is no kind "go-away"; the kinds are goaway, refuse, black-hole'],
    [{ kind: 'toString' }, 'there is no kind "toString"'],
    [{ kind: 'goaway' }, 'faults[0]: goaway needs atStream'],
    [{ kind: 'goaway', atStream: 0 }, 'atStream must be a whole number from 1 to 2147483647, not 0'],
    [{ kind: 'goaway', atStream: 1, code: 'OOPS' }, 'OOPS is no error code'],
    [{ kind: 'refuse', code: 'CANCEL' }, 'refuse has no code'],
    [{ kind: 'refuse', after: 1 }, 'refuse has no after'],
    [{ kind: 'refuse', every: 1.5 }, 'every must be a whole number from 1'],
    [{ kind: 'max-streams', streams: 1 }, 'max-streams needs ms'],
    [{ kind: 'late-settings', ms: Number.POSITIVE_INFINITY }, 'not Infinity'],
    [{ kind: 'tiny-windows', size: '1' }, 'size must be a whole number from 1 to 65535, not 1'],
  ]

  test.each(cases)('%j is refused, with what is wrong', async (fault, message) => {
    const faults = [fault as Fault]
    expect(() => checkFaults(faults)).toThrow(TypeError)
    expect(() => checkFaults(faults)).toThrow(message)
    await expect(ChaosServer.listen({ tls: false, faults })).rejects.toThrow(message)
  })

  test('so is a number of connections that is none', async () => {
    const listening = ChaosServer.listen({ tls: false, faults: [], connections: -1 })
    await expect(listening).rejects.toThrow('connections must be a whole number or Infinity, not -1')
  })
})

describe('without a certificate', () => {
  const faults: Fault[] = []
  test.each([
    ['ChaosServer', () => ChaosServer.listen({ faults }), 'no cert and key given'],
    ['ChaosServer with half of one', () => ChaosServer.listen({ faults, key: 'k' }), 'no cert given'],
    ['RawPeer', () => RawPeer.listen({ cert: 'c' }), 'RawPeer.listen: no key given'],
    ['RawHttp1Peer', () => RawHttp1Peer.listen(), 'RawHttp1Peer.listen: no cert and key given'],
  ])('%s says what is missing', async (_name, listen, message) => {
    await expect(listen()).rejects.toThrow(message)
    await expect(listen()).rejects.toThrow('{ tls: false } for plain TCP')
  })
})

test.each([
  [{}, [1, 2, 3, 4, 5, 6]],
  [{ first: 2 }, [1, 2]],
  [{ every: 2 }, [2, 4, 6]],
  [{ first: 4, every: 2 }, [2, 4]],
])('%j is requests %j of six', (which, expected) => {
  expect([1, 2, 3, 4, 5, 6].filter((nth) => appliesTo(which, nth))).toEqual(expected)
})
