import { inspect as inspectOf } from 'node:util'
import { markAsUncloneable } from 'node:worker_threads'
import type { HeaderList } from '../core/headers.ts'
import { standIn } from './stand-in.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * The headers of a response. Most are asked for one or two values, which a look at the list answers; a native
 * `Headers` of 20 fields costs as much as half a request, and is made for the rest. They cannot be changed.
 */
class LazyHeaders {
  readonly #list: HeaderList
  #native: Headers | null = null

  constructor(list: HeaderList) {
    this.#list = list
    markAsUncloneable(this)
  }

  static native(headers: LazyHeaders): Headers {
    if (headers.#native === null) {
      headers.#native = new Headers()
      const list = headers.#list
      for (let index = 0; index < list.length; index += 2)
        headers.#native.append(list[index] as string, list[index + 1] as string)
    }
    return headers.#native
  }

  get(name: string): string | null {
    // What is not there may be no name at all, for which the platform has an error.
    return this.#find(name) ?? LazyHeaders.native(this).get(name)
  }

  has(name: string): boolean {
    return this.#find(name) !== null || LazyHeaders.native(this).has(name)
  }

  getSetCookie(): string[] {
    const list = this.#list
    return list.filter((_, index) => index % 2 === 1 && list[index - 1] === 'set-cookie')
  }

  append(_name: string, _value: string): void {
    throw immutable()
  }

  delete(_name: string): void {
    throw immutable()
  }

  set(_name: string, _value: string): void {
    throw immutable()
  }

  forEach(run: (value: string, name: string, headers: unknown) => void, self?: unknown): void {
    if (typeof run !== 'function')
      throw new TypeError('Headers.forEach: its first argument must be a function.')
    for (const [name, value] of LazyHeaders.native(this)) run.call(self, value, name, this)
  }

  [Symbol.iterator](): ReturnType<Headers['entries']> {
    return LazyHeaders.native(this).entries()
  }

  /** Assertion libraries call it too, and give no `inspect`. */
  [INSPECT](_depth: number, options: object, inspect = inspectOf): string {
    return inspect(LazyHeaders.native(this), options)
  }

  #find(name: string): string | null {
    if (typeof name !== 'string') return null
    const wanted = name.toLowerCase()
    const list = this.#list
    let value: string | null = null
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === wanted)
        value = value === null ? (list[index + 1] as string) : `${value}, ${list[index + 1]}`
    }
    return value
  }
}

standIn<LazyHeaders>(LazyHeaders, Headers, LazyHeaders.native)

export function responseHeaders(list: HeaderList): Headers {
  return new LazyHeaders(list) as unknown as Headers
}

function immutable(): TypeError {
  return new TypeError(
    'immutable: the headers of a response of fetch cannot be changed; copy them with new Headers().',
  )
}
