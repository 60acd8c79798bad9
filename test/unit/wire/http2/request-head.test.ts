import { describe, expect, test } from 'vitest'
import { HpackEncoder } from '../../../../src/wire/http2/hpack/encoder.ts'
import { RequestFields } from '../../../../src/wire/http2/request-head.ts'
import { HEAD } from '../../fakes/pools.ts'

const fields = (headers: string[]) => new RequestFields().of({ ...HEAD, headers }).slice(8)

describe('RequestFields', () => {
  test('each cookie is a field of its own (RFC 9113 section 8.2.3)', () => {
    expect(fields(['a', '1', 'cookie', 'x=1; y=2;z; w', 'b', '2'])).toEqual([
      ...['a', '1', 'cookie', 'x=1', 'cookie', 'y=2;z', 'cookie', 'w', 'b', '2'],
    ])
    expect(fields(['cookie', 'x=1'])).toEqual(['cookie', 'x=1'])
    expect(fields(['cookie', ''])).toEqual(['cookie', ''])
  })

  test('crumbs that are short are never indexed; the others are, and the next block names them by index', () => {
    const long = `session=${'x'.repeat(30)}`
    const into = Buffer.alloc(4096)
    const encoder = new HpackEncoder()
    const block = () => {
      const list = new RequestFields().of({ ...HEAD, headers: ['cookie', `a=1; ${long}`] }).slice(8)
      return into.subarray(0, encoder.encode(list, into, 0)).toString('hex')
    }
    // 1f 11: a literal that is never indexed, with the name of index 32; then 60: one with indexing.
    expect(block()).toMatch(/^1f11(?:..){1,4}60/)
    // The second is one octet now.
    expect(block()).toMatch(/^1f11(?:..){1,4}be$/)
  })
})
