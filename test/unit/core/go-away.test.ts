import { expect, test } from 'vitest'
import { goAwayAfter } from '../../../src/core/go-away.ts'

const NONE = Buffer.alloc(0)
const first = goAwayAfter(null, 7, 0, Buffer.from('closing'))

test('what one frame says', () => {
  expect(first).toEqual({ lastStreamId: 7, http2Code: 0, debug: 'closing' })
})

test('a frame that says nothing new leaves what is known', () => {
  expect(goAwayAfter(first, 7, 0, Buffer.from('closing'))).toBe(first)
  expect(goAwayAfter(first, 7, 0, NONE)).toBe(first)
  expect(goAwayAfter(first, 9, 0, NONE)).toBe(first)
})

test('the lowest id counts, the newest code, and the newest words', () => {
  expect(goAwayAfter(first, 3, 0, NONE)).toEqual({ lastStreamId: 3, http2Code: 0, debug: 'closing' })
  expect(goAwayAfter(first, 9, 11, NONE)).toEqual({ lastStreamId: 7, http2Code: 11, debug: 'closing' })
  expect(goAwayAfter(first, 7, 0, Buffer.from('calm')).debug).toBe('calm')
})

test('the words are cut to 1 KiB, and are printable', () => {
  const { debug } = goAwayAfter(null, 0, 0, Buffer.from(`\u001b[31m\r\n\u00fc${'x'.repeat(5000)}`))
  expect(debug).toHaveLength(1024)
  expect(debug).toMatch(/^\?\[31m\?\?\?\?x+$/)
})
