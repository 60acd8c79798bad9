import { expect, test } from 'vitest'
import { isBlockedPort } from '../../../src/interceptors/blocked-ports.ts'

test('ports of other protocols are, those of the web are not', () => {
  expect([0, 1, 22, 25, 110, 6000, 6667, 10_080].filter((port) => !isBlockedPort(port))).toEqual([])
  expect([80, 443, 3000, 5000, 8080, 8443, 9090, 65_535].filter(isBlockedPort)).toEqual([])
})
