import { expect, test } from 'vitest'
import { AnnouncedOrigins } from '../../../src/core/announced-origins.ts'

test('no ORIGIN frame is not the same as an empty one', () => {
  const origins = new AnnouncedOrigins()
  expect(origins.list).toBeNull()
  origins.add([])
  expect(origins.list).toEqual([])
})

test('frames add up, each origin once, a thousand at most', () => {
  const origins = new AnnouncedOrigins()
  origins.add(['https://a.test', 'https://b.test'])
  origins.add(['https://a.test'])
  expect(origins.list).toEqual(['https://a.test', 'https://b.test'])
  origins.add(Array.from({ length: 2000 }, (_, index) => `https://${index}.test`))
  expect(origins.list?.length).toBe(1000)
})
