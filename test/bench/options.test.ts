import { describe, expect, test } from 'vitest'
import { HELP, parseOptions, UsageError } from '../../bench/options.ts'
import { SCENARIOS } from '../../bench/scenarios.ts'

describe('the command line', () => {
  test('has defaults', () => {
    expect(parseOptions([])).toMatchObject({
      quick: false,
      json: false,
      report: null,
      rounds: 5,
      seconds: 0.5,
    })
    expect(parseOptions(['--quick'])).toMatchObject({ quick: true, rounds: 7, seconds: 0.35 })
  })

  test('takes lists, repeated or with commas', () => {
    const options = parseOptions([
      '--only',
      'get-1k-c1,post-1k',
      '--only',
      'unread',
      '--clients',
      'raw, fetch',
    ])
    expect(options).toMatchObject({
      scenarios: ['get-1k-c1', 'post-1k', 'unread'],
      clients: ['raw', 'fetch'],
    })
  })

  test.each([
    [['--only', 'get-2k'], /no scenario is called "get-2k"\. There are get-1k-c1, /],
    [['--clients', 'curl'], /no client is called "curl"\. There are request, fetch, /],
    [['--rounds', '0'], /--rounds wants a whole number above 0, not "0"/],
    [['--rounds', '1.5'], /--rounds wants a whole number/],
    [['--seconds', 'soon'], /--seconds wants a number above 0, not "soon"/],
    [['--report', ''], /--report wants the name of a file/],
    [['--report'], /The options are --quick, /],
    [['--fast'], /'--fast'\. The options are --quick, .*--help/],
    [['everything'], /The options are --quick/],
    [['--quick', '--only', 'post-1k'], /--quick has no scenario "post-1k".*Leave --quick out/],
  ])('%j is refused, and says what to write', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError)
    expect(() => parseOptions(args)).toThrow(message)
  })

  test('--help names every scenario', () => {
    expect(parseOptions(['--help', '--quick'])).toBeNull()
    for (const { id } of SCENARIOS) expect(HELP).toContain(id)
  })
})
