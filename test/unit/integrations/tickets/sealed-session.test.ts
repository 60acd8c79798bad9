import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Sealer } from '../../../../src/integrations/tickets/sealed-session.ts'
import { deriveKeys, ticketKeyFromPassphrase } from '../../../../src/integrations/tickets/ticket-keys.ts'
import { KEY, session } from './sessions.ts'

const sealer = new Sealer(KEY)

describe('what was sealed', () => {
  test('opens for its identity, whole', () => {
    const { label, bytes } = sealer.seal('identity', session())
    expect(sealer.open('identity', label.keyId, bytes)).toEqual(session())
    expect(label).toMatchObject({ expiresAt: session().expiresAt, singleUse: true })
  })

  test('opens for no other identity', () => {
    const { label, bytes } = sealer.seal('identity', session())
    expect(sealer.open('identity2', label.keyId, bytes)).toBeNull()
  })

  test('opens with no other key', () => {
    const { label, bytes } = sealer.seal('identity', session())
    const other = new Sealer(randomBytes(32))
    expect(other.open('identity', label.keyId, bytes)).toBeNull()
    const [otherId = ''] = other.placesOf('identity').keys()
    expect(other.open('identity', otherId, bytes)).toBeNull()
  })

  test('does not open when any bit of it was changed, or it was cut off', () => {
    const { label, bytes } = sealer.seal('identity', session())
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 1
      expect(sealer.open('identity', label.keyId, changed)).toBeNull()
      expect(sealer.open('identity', label.keyId, bytes.subarray(0, at))).toBeNull()
    }
  })

  test('shows nothing of the ticket, and is never the same twice', () => {
    const one = sealer.seal('identity', session('a ticket that is secret'))
    const other = sealer.seal('identity', session('a ticket that is secret'))
    expect(one.bytes.includes('secret')).toBe(false)
    expect(one.bytes.equals(other.bytes)).toBe(false)
    // It is the same session all the same.
    expect(one.label.tag).toBe(other.label.tag)
  })

  test('opens after the key was replaced, as long as the old one is given too', () => {
    const { label, bytes } = sealer.seal('identity', session())
    const next = randomBytes(32)
    const rotated = new Sealer([next, KEY])
    expect(rotated.open('identity', label.keyId, bytes)).toEqual(session())
    const fresh = rotated.seal('identity', session())
    expect(new Sealer(next).open('identity', fresh.label.keyId, fresh.bytes)).toEqual(session())
  })

  test('may be of a TLS 1.2 session, which is for more than one use', () => {
    expect(sealer.seal('identity', session('t', { version: 'TLSv1.2' })).label.singleUse).toBe(false)
  })
})

describe('the place of an identity', () => {
  const placeUnder = (key: Buffer, identity = 'identity') =>
    new Sealer(key).seal(identity, session()).label.place

  test('is always the same under one key, and another for another identity', () => {
    expect(placeUnder(KEY)).toBe(sealer.seal('identity', session('other')).label.place)
    expect(placeUnder(KEY, 'identity2')).not.toBe(placeUnder(KEY))
  })

  test('tells nobody without the key which identity it is', () => {
    const place = placeUnder(KEY)
    expect(placeUnder(randomBytes(32))).not.toBe(place)
    for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5'])
      expect(createHash(algorithm).update('identity').digest('hex')).not.toContain(place)
  })

  test('is known under each key that is given, the first one first', () => {
    const next = randomBytes(32)
    const places = [...new Sealer([next, KEY]).placesOf('identity').values()]
    expect(places).toEqual([placeUnder(next), placeUnder(KEY)])
  })
})

describe('a key', () => {
  test('is bytes, base64, base64url or hex', () => {
    const spelled = [
      KEY,
      new Uint8Array(KEY),
      ...(['base64', 'base64url', 'hex'] as const).map((as) => KEY.toString(as)),
    ]
    expect(new Set(spelled.map((key) => deriveKeys(key)[0].id)).size).toBe(1)
  })

  test.each([
    ['too short', randomBytes(16)],
    ['text of something else', 'correct horse battery staple'],
    ['nothing', undefined],
    ['a number', 7],
    ['an empty list', []],
    ['a list with something else in it', [KEY, 'x']],
  ])('that is %s is refused, with what to do', (_title, key) => {
    expect(() => new Sealer(key as never)).toThrow(/openssl rand -base64 32/)
    expect(() => new Sealer(key as never)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
    )
  })

  test('of a passphrase depends on it and on the salt', async () => {
    const of = async (passphrase: string, salt: string) =>
      Buffer.from(await ticketKeyFromPassphrase(passphrase, salt)).toString('hex')
    const one = await of('correct horse battery', 'orders-service')
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(await of('correct horse battery', 'orders-service')).toBe(one)
    expect(await of('correct horse batterz', 'orders-service')).not.toBe(one)
    expect(await of('correct horse battery', 'other-service')).not.toBe(one)
    await expect(of('short', 'orders-service')).rejects.toThrow(/passphrase/)
    await expect(of('correct horse battery', 'x')).rejects.toThrow(/salt/)
  })
})
