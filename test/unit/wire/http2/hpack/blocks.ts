/** What the tests of HPACK share: blocks in hexadecimal, and decoders and encoders with little ceremony. */
import type { HeaderList } from '../../../../../src/core/headers.ts'
import { type DecodeResult, HpackDecoder } from '../../../../../src/wire/http2/hpack/decoder.ts'
import type { HpackEncoder } from '../../../../../src/wire/http2/hpack/encoder.ts'

export const LIMITS = { maxTableSize: 4096, maxListSize: 65_536, maxFields: 200 }

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
}

/** In the middle of other bytes, so that a decoder which reads too far shows. */
export function decode(decoder: HpackDecoder, block: Uint8Array): DecodeResult {
  const bytes = Buffer.concat([Buffer.of(0x82, 0x86, 0x84), block, Buffer.of(0x88, 0xff, 0x00)])
  return decoder.decode(bytes, 3, 3 + block.length)
}

export function fieldsOf(decoder: HpackDecoder, block: Uint8Array): HeaderList {
  const result = decode(decoder, block)
  if (result === 'too large') throw new Error('the block is too large')
  return result.fields
}

export function newDecoder(limits: Partial<typeof LIMITS> = {}): HpackDecoder {
  return new HpackDecoder({ ...LIMITS, ...limits })
}

export function encode(encoder: HpackEncoder, fields: HeaderList): Buffer {
  const into = Buffer.alloc(200_000)
  const end = encoder.encode(fields, into, 7)
  if (end === -1) throw new Error('the block does not fit')
  return into.subarray(7, end)
}
