import { describe, expect, test } from 'vitest'
import { parseArguments, parseDuration } from '../../../src/cli/arguments.ts'
import { get } from '../../../src/cli/get/command.ts'
import { loadCommand } from '../../../src/cli/load/command.ts'
import { shareOf } from '../../../src/cli/load/plan.ts'
import { nearest } from '../../../src/core/nearest.ts'

const parse = (...argv: string[]) => parseArguments(get, argv)

describe('arguments', () => {
  test('options and operands, long and short, in any order', () => {
    const given = parse('-ik', 'url', '-HA: b', '--header', 'C: -d', '--timeout=2s', '-d', '-')
    expect(given.operands).toEqual(['url'])
    expect([given.has('include'), given.has('insecure'), given.has('fail')]).toEqual([true, true, false])
    expect(given.list('header')).toEqual(['A: b', 'C: -d'])
    expect(given.text('data')).toBe('-')
    expect(given.duration('timeout')).toBe(2000)
  })

  test('what follows -- is no option', () => {
    expect(parse('--', '-k')).toMatchObject({ operands: ['-k'] })
  })

  test.each([
    ['--insecur', /Did you mean --insecure\?/],
    ['--zzz', /has no option --zzz\.$/],
    ['-Z', /has no option -Z\.$/],
    ['--constructor', /has no option --constructor/],
  ])('%s is no option', (option, said) => {
    expect(() => parse(option)).toThrow(said)
  })

  test('numbers that are none are refused', () => {
    const given = parseArguments(loadCommand, ['-c', '1.5', '-n', '-3', '-r', '0', '--part', '1'])
    expect(() => given.whole('concurrency', 1)).toThrow("must be a whole number, 1 or more, not '1.5'")
    expect(() => given.whole('requests', 1)).toThrow('must be a whole number')
    expect(() => given.positive('rate')).toThrow('must be a number above 0')
  })
})

test.each([
  ['500ms', 500],
  ['10', 10_000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['', null],
  ['s', null],
  ['1 s', null],
  ['1d', null],
])('%j is a duration of %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test('what was meant is what is nearest, if it is near', () => {
  expect(nearest('prboe', ['get', 'probe', 'load'])).toBe('probe')
  expect(nearest('xyzzy', ['get', 'probe', 'load'])).toBeNull()
})

test.each([
  [100, 3],
  [2, 5],
  [7, 7],
])('the shares of %i among %i add up', (total, of) => {
  const shares = Array.from({ length: of }, (_, index) => shareOf(total, { index: index + 1, of }))
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total)
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
})
