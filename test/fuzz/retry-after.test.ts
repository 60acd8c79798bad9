/** Retry-After comes from the server: it must not make a wait that is negative, endless or not a number. */
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { retryAfterMs } from '../../src/interceptors/retry-after.ts'
import { runs, wildText } from './runs.ts'

const zone = process.env.TZ
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
})

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (number: number) => String(number).padStart(2, '0')

function timeOf(date: Date): string {
  return [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
}

/** RFC 9110 section 5.6.7: the form to use, and the two that must be understood. */
const FORMS = {
  'IMF-fixdate': (date: Date) => date.toUTCString(),
  'RFC 850': (date: Date) =>
    `${LONG_DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-` +
    `${two(date.getUTCFullYear() % 100)} ${timeOf(date)} GMT`,
  asctime: (date: Date) =>
    `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ` +
    `${timeOf(date)} ${date.getUTCFullYear()}`,
}

test('any text is a wait of 0 or more, or none', () => {
  const text = fc.oneof(
    wildText(40),
    fc.string({ unit: fc.constantFrom(...'0123456789 +.eE-'), maxLength: 60 }),
    fc.nat(400).map((length) => '9'.repeat(length)),
    fc.tuple(fc.constantFrom(...DAYS), fc.string({ maxLength: 30 })).map(([day, rest]) => `${day}, ${rest}`),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )
  fc.assert(
    fc.property(text, fc.double({ min: 0, max: 8.64e15, noNaN: true }), (value, now) => {
      const wait = retryAfterMs(value, now)
      if (wait === null) return
      expect(wait).toBeGreaterThanOrEqual(0)
      expect(Number.isFinite(wait)).toBe(true)
    }),
    runs(600),
  )
})

test('seconds are seconds', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (seconds) => {
      expect(retryAfterMs(String(seconds), 0)).toBe(seconds * 1000)
      expect(retryAfterMs(` ${seconds} `, 0)).toBe(seconds * 1000)
    }),
    runs(100),
  )
})

test.each(Object.entries(FORMS))('a date as %s means the same everywhere', (_, write) => {
  const seconds = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2049, 0) / 1000 })
  const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata')
  fc.assert(
    fc.property(seconds, fc.integer({ min: -5000, max: 5000 }), zones, (at, ahead, place) => {
      process.env.TZ = place
      const now = (at - ahead) * 1000
      expect(retryAfterMs(write(new Date(at * 1000)), now)).toBe(Math.max(0, ahead * 1000))
    }),
    runs(100),
  )
})
