/** An event recorder: what happened, in order, and assertions about that order. */
import { isDeepStrictEqual } from 'node:util'
import { type WaitForOptions, waitFor } from './wait-for.ts'

export interface RecordedEvent {
  readonly name: string
  readonly data: unknown
}

export class EventRecorder {
  readonly events: RecordedEvent[] = []

  record(name: string, data?: unknown): void {
    this.events.push({ name, data })
  }

  /** A callback that records its first argument under a name. */
  listener(name: string): (data?: unknown) => void {
    return (data) => this.record(name, data)
  }

  get names(): string[] {
    return this.events.map((event) => event.name)
  }

  count(name: string): number {
    return this.events.filter((event) => event.name === name).length
  }

  /** The data of every event of that name. */
  all(name: string): unknown[] {
    return this.events.filter((event) => event.name === name).map((event) => event.data)
  }

  last(name: string): RecordedEvent | undefined {
    return this.events.findLast((event) => event.name === name)
  }

  clear(): void {
    this.events.length = 0
  }

  /** Returns what was recorded and forgets it. */
  take(): RecordedEvent[] {
    return this.events.splice(0)
  }

  /** Exactly these names, in this order. */
  expectSequence(names: readonly string[]): void {
    if (isDeepStrictEqual(this.names, [...names])) return
    throw new Error(`expected the events\n  ${list(names)}\nbut recorded\n  ${list(this.names)}`)
  }

  /** These names in this order, with anything between them. */
  expectInOrder(names: readonly string[]): void {
    let found = 0
    for (const name of this.names) if (name === names[found]) found += 1
    if (found === names.length) return
    const missing = names[found] ?? ''
    throw new Error(`expected ${missing} in the order\n  ${list(names)}\nbut recorded\n  ${list(this.names)}`)
  }

  /** None of these names at all. */
  expectNone(...names: readonly string[]): void {
    const found = this.names.filter((name) => names.includes(name))
    if (found.length > 0) throw new Error(`expected no ${list(names)} but recorded ${list(found)}`)
  }

  /** Waits until a name was recorded `times` times, and returns the last of them. */
  async wait(
    name: string,
    options: WaitForOptions & { readonly times?: number } = {},
  ): Promise<RecordedEvent> {
    const times = options.times ?? 1
    await waitFor(() => this.count(name) >= times, {
      message: () => `event ${name}${times > 1 ? ` ${times} times` : ''}; recorded: ${list(this.names)}`,
      ...options,
    })
    return this.last(name) as RecordedEvent
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '(none)' : names.join(', ')
}
