import { inspect as inspectOf } from 'node:util'
import { type HeaderList, isToken } from '../core/headers.ts'
import { PlatformHeaders } from './platform.ts'
import { standIn } from './stand-in.ts'
import { markAsUncloneable } from './uncloneable.ts'

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
      headers.#native = new PlatformHeaders()
      const list = headers.#list
      for (let index = 0; index < list.length; index += 2)
        headers.#native.append(list[index] as string, list[index + 1] as string)
    }
    return headers.#native
  }

  get(name: string): string | null {
    const value = this.#find(name)
    if (value !== null || isName(name)) return value
    // biome-ignore lint/complexity/noArguments: the platform tells no argument from undefined, and a rest parameter is an array
    return Reflect.apply(PlatformHeaders.prototype.get, LazyHeaders.native(this), arguments)
  }

  has(name: string): boolean {
    if (this.#find(name) !== null) return true
    if (isName(name)) return false
    // biome-ignore lint/complexity/noArguments: the same
    return Reflect.apply(PlatformHeaders.prototype.has, LazyHeaders.native(this), arguments)
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
      throw new TypeError('Headers.forEach: the first argument must be a function.')
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

standIn<LazyHeaders>(LazyHeaders, PlatformHeaders, LazyHeaders.native)

/** What is none is the platform's to convert, or to refuse. */
function isName(name: unknown): boolean {
  return typeof name === 'string' && isToken(name)
}

export function responseHeaders(list: HeaderList): Headers {
  return new LazyHeaders(list) as unknown as Headers
}

function immutable(): TypeError {
  return new TypeError(
    'immutable: the headers of a fetch response cannot be changed; copy them with new Headers().',
  )
}
