import type { MockCall } from './call.ts'
import type { Route } from './route.ts'

/** A request that no route is for, or routes that nobody asked. No `ClientError`: it is the test that is at fault. */
export class MockError extends Error {
  override readonly name = 'MockError'
}

/** Routes that come nearest are shown first; so many. */
const SHOWN = 3

export function unmatched(call: MockCall, routes: readonly Route[]): MockError {
  const misses = routes
    .map((route) => ({ route, why: route.whyNot(call) }))
    .sort((a, b) => a.why.length - b.why.length)
    .slice(0, SHOWN)
    .map(({ route, why }) => `  ${route.text}: ${why.join('; ')}`)
  const nearest = misses.length === 0 ? ' It has no routes.' : ` The nearest:\n${misses.join('\n')}`
  return new MockError(`The mock has no answer to ${call.method} ${call.url}.${nearest}`)
}

export function leftOver(unmet: readonly Route[], strangers: readonly MockCall[]): MockError {
  const lines = [
    ...unmet.map((route) => `  ${route.text}: ${route.owed}`),
    ...strangers.map(({ method, url }) => `  ${method} ${url}: no route was for it`),
  ]
  return new MockError(`The mock is not done:\n${lines.join('\n')}`)
}
