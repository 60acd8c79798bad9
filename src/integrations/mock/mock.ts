import { type Clock, systemClock } from '../../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../../core/dispatch.ts'
import { answer } from './answer.ts'
import { callOf, type MockCall } from './call.ts'
import type { MockMatch } from './matcher.ts'
import { leftOver, MockError, unmatched } from './mock-error.ts'
import { Route } from './route.ts'

/** Options of `createMock`. */
export interface MockOptions {
  /** For delays. Default: the time of the machine; a `MockClock` moves when the test says so. */
  readonly clock?: Clock
  /** What happens to requests that no route is for. Default `refuse`: a `MockError`. `pass`: they go to the network. */
  readonly unmatched?: 'refuse' | 'pass'
}

/** An interceptor that answers in place of the network. */
export interface Mock extends Interceptor, Disposable {
  /** A new route, after those that there are; the first that fits answers. */
  on(match: MockMatch): Route
  /** The same, for a method and a URL. */
  on(method: string | readonly string[], url: NonNullable<MockMatch['url']>): Route
  /** Every request that came, in order. */
  readonly calls: readonly MockCall[]
  /** Routes that were not asked, or not as often as they say. */
  readonly pending: readonly Route[]
  /** @throws MockError when routes are pending, or requests came that no route was for. */
  assertDone(): void
  /** Forgets calls and routes. */
  reset(): void
}

/** Makes a mock without routes: give it to a client as an interceptor. */
export function createMock(options: MockOptions = {}): Mock {
  const state = new State(checked(options))
  const interceptor: Interceptor = (next) => (request) => state.send(request, next)
  const on = (match: MockMatch | string | readonly string[], url?: MockMatch['url']) =>
    state.on(isMatch(match) ? match : { method: match, ...(url === undefined ? {} : { url }) })
  return Object.defineProperties(interceptor as Mock, {
    on: { value: on },
    calls: { get: () => state.calls },
    pending: { get: () => state.pending },
    assertDone: { value: () => state.assertDone() },
    reset: { value: () => state.reset() },
    [Symbol.dispose]: { value: () => state.assertDone() },
  })
}

class State {
  calls: MockCall[] = []
  #strangers: MockCall[] = []
  #routes: Route[] = []
  readonly #clock: Clock
  readonly #passes: boolean

  constructor({ clock = systemClock, unmatched: rest = 'refuse' }: MockOptions) {
    this.#clock = clock
    this.#passes = rest === 'pass'
  }

  get pending(): Route[] {
    return this.#routes.filter(({ done }) => !done)
  }

  on(match: MockMatch): Route {
    const route = new Route(match)
    this.#routes.push(route)
    return route
  }

  async send(request: ClientRequest, next: Dispatch): Promise<ClientResponse> {
    if (request.tunnel && this.#passes) return next(request)
    if (request.tunnel) throw new MockError(`The mock has no WebSockets: ${request.target.href}.`)
    // A stream that is read here could not be sent.
    if (this.#passes && request.body?.kind === 'stream' && !request.body.replayable) return next(request)
    const call = await callOf(request)
    this.calls.push(call)
    for (const route of this.#routes) {
      const params = route.match(call)
      if (params === null) continue
      const taken = { ...call, params }
      this.calls[this.calls.indexOf(call)] = taken
      return answer(await route.answer(taken), request, this.#clock)
    }
    if (this.#passes) return next(request)
    this.#strangers.push(call)
    throw unmatched(call, this.#routes)
  }

  assertDone(): void {
    const { pending } = this
    if (pending.length > 0 || this.#strangers.length > 0) throw leftOver(pending, this.#strangers)
  }

  reset(): void {
    this.calls = []
    this.#strangers = []
    this.#routes = []
  }
}

function isMatch(match: MockMatch | string | readonly string[]): match is MockMatch {
  return typeof match === 'object' && !Array.isArray(match)
}

function checked(options: MockOptions): MockOptions {
  for (const name of Object.keys(options))
    if (name !== 'clock' && name !== 'unmatched')
      throw new TypeError(`A mock has the options clock and unmatched; there is no "${name}".`)
  const { unmatched: rest = 'refuse' } = options
  if (rest !== 'refuse' && rest !== 'pass')
    throw new TypeError("The option unmatched of a mock is 'refuse' or 'pass'.")
  return options
}
