import { Agent, Client, type Dispatcher } from 'undici'

/** A dispatcher of a mock: what it does not match, it hands to the method behind a symbol of undici's own. */
type MockDispatcher = Dispatcher & Record<symbol, unknown>

/** The mock itself, or, with undici 7, an object that has it. */
type MockEntry = MockDispatcher | { readonly dispatcher?: MockDispatcher }

/** The property by which a MockAgent finds the dispatchers of the agent that it was given, by origin. */
const CLIENTS = ownSymbol(new Agent(), 'clients')
/** The method by which a Pool or Client, and so a mock of one, sends for real. */
const DISPATCH = ownSymbol(Client.prototype, 'dispatch')

/**
 * Lets `new MockAgent({ agent })` work with our dispatcher. undici's MockAgent keeps its mocks in a map of the agent's,
 * and has the agent look there; a request that no mock matches goes to `send` in place of a Pool of undici's.
 */
export class MockClients extends Map<unknown, MockEntry> {
  readonly #send: Dispatcher['dispatch']

  constructor(owner: object, send: Dispatcher['dispatch']) {
    super()
    this.#send = send
    if (CLIENTS !== null) Object.defineProperty(owner, CLIENTS, { value: this })
  }

  /** The mock of an origin; undefined where nothing is mocked. */
  mockOf(origin: unknown): Dispatcher | undefined {
    if (this.size === 0) return undefined
    const entry = this.get(origin)
    return entry === undefined ? undefined : dispatcherIn(entry)
  }

  override set(origin: unknown, entry: MockEntry): this {
    const mock = dispatcherIn(entry)
    if (DISPATCH !== null && mock !== undefined)
      Object.defineProperty(mock, DISPATCH, { value: this.#send, configurable: true })
    return super.set(origin, entry)
  }
}

function dispatcherIn(entry: MockEntry): MockDispatcher | undefined {
  return 'dispatch' in entry ? (entry as MockDispatcher) : (entry.dispatcher as MockDispatcher | undefined)
}

function ownSymbol(object: object, description: string): symbol | null {
  for (let level: object | null = object; level !== null; level = Object.getPrototypeOf(level)) {
    const found = Object.getOwnPropertySymbols(level).find((symbol) => symbol.description === description)
    if (found !== undefined) return found
  }
  return null
}
