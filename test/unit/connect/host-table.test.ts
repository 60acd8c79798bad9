import { describe, expect, test } from 'vitest'
import { HostTable, isHostPattern } from '../../../src/connect/host-table.ts'
import { parseTarget } from '../../../src/core/origin.ts'

const of = (url: string) => parseTarget(url).origin

describe('find', () => {
  const table = new HostTable([
    ['*.example.com', 'below'],
    ['*.a.example.com', 'further below'],
    ['*.a.example.com:8443', 'further below, port'],
    ['example.com', 'host'],
    ['example.com:8443', 'host, port'],
    ['BÜCHER.example', 'other spelling'],
    ['192.0.2.1', 'address'],
    ['[::1]:8443', 'IPv6'],
  ])

  test.each([
    ['https://example.com', 'host'],
    ['https://EXAMPLE.com./', 'host'],
    ['https://example.com:8443', 'host, port'],
    ['https://example.com:1', 'host'],
    ['https://x.example.com', 'below'],
    ['https://x.y.example.com:9', 'below'],
    ['https://a.example.com', 'below'],
    ['https://x.a.example.com', 'further below'],
    ['https://x.a.example.com:8443', 'further below, port'],
    ['https://xn--bcher-kva.example', 'other spelling'],
    ['https://192.0.2.1:5', 'address'],
    ['https://[0:0:0:0:0:0:0:1]:8443', 'IPv6'],
    ['https://[::1]', undefined],
    ['https://notexample.com', undefined],
    ['https://example.com.evil.test', undefined],
    ['https://com', undefined],
  ])('%s', (url, expected) => {
    expect(table.find(of(url))).toBe(expected)
  })
})

test.each([
  ['example.com', true],
  ['*.example.com:443', true],
  ['[::1]', true],
  ['https://example.com', false],
  ['example.com/path', false],
  ['*', false],
  ['a.*.com', false],
  ['user@example.com', false],
  ['example.com:0', false],
  ['example.com:70000', false],
  ['', false],
])('%j is a pattern: %s', (pattern, is) => {
  expect(isHostPattern(pattern)).toBe(is)
})
