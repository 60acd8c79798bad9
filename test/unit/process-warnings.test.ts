import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { isFixed } from '../../src/process-warnings.ts'

describe('isFixed', () => {
  test.each([
    ['18.20.8', false],
    ['20.99.0', false],
    ['22.23.1', false],
    ['22.23.2', true],
    ['22.23.10', true],
    ['22.24.0', true],
    ['22.3.99', false],
    ['23.11.0', false],
    ['24.18.0', false],
    ['24.18.1', true],
    ['24.19.0', true],
    ['25.9.0', false],
    ['26.5.0', false],
    ['26.5.1', true],
    ['26.10.0', true],
    ['27.0.0', true],
    ['30.1.2', true],
    ['26.5.1-nightly2026', true],
  ])('%s: %s', (version, expected) => {
    expect(isFixed(version)).toBe(expected)
  })
})

describe('noticeNewClient', () => {
  let emitted: MockInstance<typeof process.emitWarning>
  let notice: (now?: number) => void

  beforeEach(async () => {
    vi.resetModules()
    emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    ;({ noticeNewClient: notice } = await import('../../src/process-warnings.ts'))
  })

  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  const codes = () => emitted.mock.calls.map(([, options]) => (options as { code: string }).code)

  test('is silent for few clients', () => {
    for (let count = 0; count < 15; count += 1) notice(count)
    expect(codes()).toEqual([])
  })

  test('warns of many clients in a short time, once', () => {
    for (let count = 0; count < 100; count += 1) notice(1000 + count)
    expect(codes()).toEqual(['TRUNKLINE_CLIENT_CHURN'])
    expect(emitted.mock.calls[0]?.[0]).toContain('16 clients')
    expect(emitted.mock.calls[0]?.[1]).toMatchObject({ type: 'TrunklineWarning' })
  })

  test('does not warn of many clients over a long time', () => {
    for (let count = 0; count < 100; count += 1) notice(count * 700)
    expect(codes()).toEqual([])
  })

  test('warns of an old Node once, whoever makes clients', () => {
    vi.spyOn(process, 'versions', 'get').mockReturnValue({ ...process.versions, node: '22.1.0' })
    notice(0)
    notice(1)
    expect(codes()).toEqual(['TRUNKLINE_NODE_VERSION'])
    expect(emitted.mock.calls[0]?.[0]).toContain('22.1.0')
  })

  test('refuses a Node on which nothing would work', () => {
    vi.spyOn(process, 'versions', 'get').mockReturnValue({ ...process.versions, node: '20.20.2' })
    expect(() => notice(0)).toThrow(/^Trunkline needs Node \^22.*this is Node 20\.20\.2/)
  })
})
