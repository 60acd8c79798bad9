import { expect, test } from 'vitest'
import { ticketLifetime } from '../../../src/connect/ticket-lifetime.ts'

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')
/** version, and [9] with 7200 s. */
const DER = hex('30 09  02 01 01  a9 04 02 02 1c 20')

test('is read from a session as OpenSSL writes it, bare and in the wrapping of newer Nodes', () => {
  const marker = Buffer.from('\0nodejs:tls:session:1\0\0\x09localhost', 'latin1')
  expect(ticketLifetime(DER)).toBe(7_200_000)
  expect(ticketLifetime(Buffer.concat([marker, DER]))).toBe(7_200_000)
  expect(ticketLifetime(new Uint8Array(DER))).toBe(7_200_000)
})

test.each([
  ['nothing', ''],
  ['something else', '00 01 02'],
  ['no hint', '30 03 02 01 01'],
  ['a hint of 0', '30 05 a9 03 02 01 00'],
  ['a negative hint', '30 05 a9 03 02 01 ff'],
  ['an integer that is too long', '30 0c a9 0a 02 08 01 02 03 04 05 06 07 08'],
  ['a hint that is no integer', '30 05 a9 03 04 01 05'],
  ['a cut-off end', '30 09 02 01 01 a9 04 02'],
  ['a length beyond its end', '30 84 7f ff ff ff 02'],
  ['a length of no length', '30 80 a9 03 02 01 05'],
])('is unknown for %s', (_title, bytes) => {
  expect(ticketLifetime(hex(bytes))).toBeNull()
})

test('is found or not, and never an exception, whatever the bytes', () => {
  for (let at = 0; at < DER.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      const bytes = Buffer.from(DER)
      bytes[at] = value
      const found = ticketLifetime(bytes)
      expect(found === null || found > 0).toBe(true)
    }
  }
})
