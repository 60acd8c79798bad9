import { constants } from 'node:os'
import { setImmediate } from 'node:timers'
import { type Check, duration } from './option-checks.ts'

/** How a client ends when the process is asked to. */
export interface CloseOnSignalsOptions {
  /** Default `['SIGTERM', 'SIGINT']`. */
  readonly signals?: readonly NodeJS.Signals[]
  /** ms that requests may take to finish, as of `client.close`. Default 10,000. */
  readonly timeout?: number
}

/** For the option of a client. */
export const checkCloseOnSignals: Check = (value) => {
  if (typeof value === 'boolean') return null
  const expected = 'true, false, or { signals, timeout }'
  if (typeof value !== 'object' || value === null) return expected
  const { signals, timeout, ...others } = value as Record<string, unknown>
  const isList = Array.isArray(signals) && signals.every((signal) => Object.hasOwn(constants.signals, signal))
  if (Object.keys(others).length > 0 || (signals !== undefined && !isList))
    return `${expected}, with names of signals`
  return timeout === undefined || duration(0)(timeout) === null ? null : `${expected}, with ms as timeout`
}

/** A client, as far as it is of interest here. */
export interface Closable {
  readonly closed: Promise<void>
  /** As of `Client`. */
  close(options?: { readonly timeout?: number }): Promise<unknown>
  /** As of `Client`. */
  destroy(error?: Error): void
}

/** The process, as far as it is of interest; tests have another. */
export interface SignalProcess {
  readonly pid: number
  prependListener(signal: NodeJS.Signals, run: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, run: (signal: NodeJS.Signals) => void): unknown
  listenerCount(signal: NodeJS.Signals): number
  kill(pid: number, signal: NodeJS.Signals): unknown
}

const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/**
 * The clients that a process closes when it gets a signal. There is one listener for each signal, however many
 * clients: when all of them are closed, the signal is raised once more, so that the process ends as it would have,
 * unless somebody else listens too and so has the say.
 */
export class SignalRegistry {
  readonly #process: SignalProcess
  readonly #clients = new Map<NodeJS.Signals, Map<Closable, number | undefined>>()
  #closing = false

  constructor(process: SignalProcess) {
    this.#process = process
  }

  /** Returns a function that takes the client out again; it leaves by itself when it is closed. */
  add(client: Closable, { signals = DEFAULT_SIGNALS, timeout }: CloseOnSignalsOptions = {}): () => void {
    for (const signal of signals) {
      const clients = this.#clients.get(signal)
      if (clients !== undefined) clients.set(client, timeout)
      else {
        this.#clients.set(signal, new Map([[client, timeout]]))
        // First in line: a `once` listener that ran before this one could not be seen any more.
        this.#process.prependListener(signal, this.#onSignal)
      }
    }
    const remove = () => {
      for (const signal of signals) this.#remove(client, signal)
    }
    client.closed.then(remove)
    return remove
  }

  #remove(client: Closable, signal: NodeJS.Signals): void {
    const clients = this.#clients.get(signal)
    clients?.delete(client)
    // While it closes the listener stays: a second signal has to find it.
    if (clients?.size === 0 && !this.#closing) this.#silence(signal)
  }

  #silence(signal: NodeJS.Signals): void {
    this.#clients.delete(signal)
    this.#process.off(signal, this.#onSignal)
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const alone = this.#process.listenerCount(signal) === 1
    const clients = [...(this.#clients.get(signal) ?? [])]
    if (this.#closing) {
      for (const [client] of clients) client.destroy(new Error(`A second signal came: ${signal}.`))
      return this.#end(signal, alone)
    }
    this.#closing = true
    const closed = clients.map(([client, timeout]) => client.close(timeout === undefined ? {} : { timeout }))
    Promise.allSettled(closed).then(() => {
      // Whoever waited for the last responses gets to run before the process is gone.
      setImmediate(() => {
        // A second signal has ended it already.
        if (this.#closing) this.#end(signal, alone)
      })
    })
  }

  #end(signal: NodeJS.Signals, alone: boolean): void {
    this.#closing = false
    for (const [other, clients] of this.#clients) if (clients.size === 0) this.#silence(other)
    if (!alone) return
    this.#silence(signal)
    if (this.#process.listenerCount(signal) > 0) return
    this.#process.kill(this.#process.pid, signal)
  }
}

const registry = new SignalRegistry(process)

/**
 * Closes the client when the process is asked to end: it takes no new requests, finishes those it has within
 * `timeout`, and then the signal has its usual effect. A second signal ends everything at once. If the program has
 * listeners of its own for the signal, it also has the last word: the client is closed, and the signal not raised again.
 * Returns a function that undoes this; a client that was closed otherwise is forgotten by itself.
 */
export function closeOnSignals(client: Closable, options: CloseOnSignalsOptions = {}): () => void {
  return registry.add(client, options)
}
