import { describe, expect, test, vi } from 'vitest'
import type { OriginTlsOptions, TlsOptions } from '../../../src/connect/tls-identity.ts'
import { merged, TlsPolicies, updated } from '../../../src/connect/tls-policies.ts'
import { parseTarget } from '../../../src/core/origin.ts'

const A = parseTarget('https://a.test/').origin
const B = parseTarget('https://b.test/').origin
const PIN = `sha256/${Buffer.alloc(32, 1).toString('base64')}`
const policies = (options: TlsOptions) => new TlsPolicies(options, () => {})

describe('an origin', () => {
  test('without anything of its own has the policy of the client', () => {
    const all = policies({ perOrigin: { 'a.test': { servername: 'own' } } })
    expect(all.of(B)).toBe(all.base)
    expect(all.of(A)).not.toBe(all.base)
    expect(all.of(A)).toBe(all.of(A))
  })

  test('has its own options over those of the client, and its pins', () => {
    const all = policies({
      servername: 's',
      minVersion: 'TLSv1.3',
      perOrigin: { 'a.test': { servername: 'own' } },
      pins: { 'a.test': [PIN], 'b.test': [PIN] },
    })
    expect(all.of(A).given).toMatchObject({ servername: 'own', minVersion: 'TLSv1.3' })
    expect(all.of(B).given).toEqual(all.base.given)
    expect(all.of(B).digest).not.toBe(all.base.digest)
  })

  test('is asked about at each dial when that is a function, and remembered as it was', () => {
    let own: OriginTlsOptions | undefined
    const perOrigin = vi.fn(() => own)
    const all = policies({ perOrigin })
    expect(all.of(A)).toBe(all.base)
    own = { servername: 'now' }
    // What its connections were made under, whatever the function would say by now.
    expect(all.last(A)).toBe(all.base)
    expect(all.of(A).given.servername).toBe('now')
    expect(perOrigin).toHaveBeenLastCalledWith('https://a.test')
  })

  test('of an endpoint is that of its service', () => {
    const perOrigin = vi.fn(() => undefined)
    policies({ perOrigin }).of({ ...A, key: 'https://a.test#192.0.2.1:1' as typeof A.key })
    expect(perOrigin).toHaveBeenCalledWith('https://a.test')
  })
})

test('pins without verification are refused', () => {
  const tls: TlsOptions = { rejectUnauthorized: false, pins: { 'a.test': [PIN] } }
  expect(() => policies(tls)).toThrow(/tls\.pins has no effect/)
  const some = policies({ pins: { 'a.test': [PIN] }, perOrigin: () => ({ rejectUnauthorized: false }) })
  expect(() => some.of(A)).toThrow(/tls\.pins has no effect/)
  expect(some.of(B).verifies).toBe(false)
})

const OWN = { cert: 'c', key: 'k', passphrase: 'p', ca: 'a' }

test.each<[OriginTlsOptions, OriginTlsOptions]>([
  [{ servername: 's' }, { ...OWN, servername: 's' }],
  [
    { cert: 'c2', key: 'k2' },
    { ca: 'a', cert: 'c2', key: 'k2' },
  ],
  [{ pfx: 'p2' }, { ca: 'a', pfx: 'p2' }],
  [{ key: 'k2' }, { ca: 'a', key: 'k2' }],
  [{ ca: 'a2' }, { ...OWN, ca: 'a2' }],
])('merged: nothing of one client certificate goes with another: %j', (own, expected) => {
  expect(merged(OWN, own)).toEqual(expected)
})

test.each<[TlsOptions, TlsOptions]>([
  [{ key: 'k2' }, { ...OWN, key: 'k2' }],
  [
    { pfx: 'p2', passphrase: 'q' },
    { ca: 'a', pfx: 'p2', passphrase: 'q' },
  ],
  [{ ca: 'a2' }, { ...OWN, ca: 'a2' }],
])('updated: what is not named stays: %j', (update, expected) => {
  expect(updated(OWN, update)).toEqual(expected)
  expect(updated({ pfx: 'p' }, { cert: 'c', key: 'k' })).toEqual({ cert: 'c', key: 'k' })
})

test.each([
  [{ cert: 'c' }, 'tls.cert is given without tls.key'],
  [{ key: 'k' }, 'tls.key is given without tls.cert'],
])('half of a client certificate is refused: %j', (options, part) => {
  expect(() => new TlsPolicies(options, () => {})).toThrow(part)
})
