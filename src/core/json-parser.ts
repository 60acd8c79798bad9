/** A container whose end has not come; the values that came are in it. */
interface Frame {
  readonly container: unknown[] | Record<string, unknown>
  empty: boolean
}

/** A bracket that was opened since the last flush, `at` that many characters after it. */
interface Opened {
  readonly object: boolean
  readonly at: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

/**
 * `JSON.parse` for a text that comes in pieces: what a `push` holds up the event loop for depends on its piece alone.
 * The scan only finds where values end; `JSON.parse` itself reads them, and so decides what is JSON.
 */
export class JsonParser {
  /** Around the root, so that it is an element like any other. */
  readonly #root: unknown[] = []
  readonly #frames: Frame[] = [{ container: this.#root, empty: true }]
  #opened: Opened[] = []
  /** What came since the last flush, up to the piece at hand. */
  #held: string[] = []
  #heldLength = 0
  #inString = false
  #escaped = false
  #consumed = 0

  /** @throws SyntaxError when this cannot be, or become, JSON. */
  push(piece: string): void {
    let from = 0
    let boundary = -1
    for (let index = 0; index < piece.length; index += 1) {
      if (this.#inString) {
        index = this.#skipString(piece, index)
        continue
      }
      const code = piece.charCodeAt(index)
      if (code === QUOTE) this.#inString = true
      else if (code === COMMA) boundary = this.#comma(index)
      else if (code === 0x7b || code === 0x5b) {
        this.#opened.push({ object: code === 0x7b, at: this.#heldLength + index - from })
        boundary = index + 1
      } else if (code === 0x7d || code === 0x5d) {
        const object = code === 0x7d
        if (this.#opened.length > 0) {
          if (this.#opened.pop()?.object !== object) throw this.#failure('a bracket of the wrong kind')
          boundary = index + 1
        } else {
          this.#closeFrame(object, piece.slice(from, index))
          from = index + 1
          boundary = -1
        }
      }
    }
    if (boundary > from) {
      this.#flush(piece.slice(from, boundary))
      from = boundary
    }
    if (from === piece.length) return
    this.#held.push(piece.slice(from))
    this.#heldLength += piece.length - from
  }

  /** The value, when all of the text has come. */
  end(): unknown {
    if (this.#inString || this.#opened.length > 0 || this.#frames.length > 1)
      throw this.#failure('unexpected end')
    this.#flush('')
    if (this.#root.length === 0) throw this.#failure('unexpected end')
    return this.#root[0]
  }

  /** Where the string that began before `start` ends, or the piece does. */
  #skipString(piece: string, start: number): number {
    for (let index = start; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index)
      if (this.#escaped) this.#escaped = false
      else if (code === BACKSLASH) this.#escaped = true
      else if (code === QUOTE) {
        this.#inString = false
        return index
      }
    }
    return piece.length
  }

  #comma(index: number): number {
    if (this.#opened.length === 0 && this.#frames.length === 1) throw this.#failure('a comma after the end')
    return index
  }

  #closeFrame(object: boolean, tail: string): void {
    const frame = this.#frames.at(-1) as Frame
    if (this.#frames.length === 1 || Array.isArray(frame.container) === object)
      throw this.#failure('a bracket that closes nothing')
    this.#flush(tail)
    this.#consumed += 1
    this.#frames.pop()
  }

  /** Reads what is held and `tail` into the innermost frame, and makes frames of the brackets that are open. */
  #flush(tail: string): void {
    const text = this.#held.length === 0 ? tail : this.#held.join('') + tail
    this.#held = []
    this.#heldLength = 0
    const frame = this.#frames.at(-1) as Frame
    const elements = this.#elements(text, frame)
    if (elements !== '') {
      this.#add(frame, elements)
      for (const { object, at } of this.#opened) this.#descend(object, text, at)
      this.#opened = []
    }
    this.#consumed += text.length
  }

  /** The text without the comma before its first element; empty when there is none. */
  #elements(text: string, { empty }: Frame): string {
    const first = afterSpace(text, 0)
    if (first === text.length) return ''
    if (empty) return text
    if (text.charCodeAt(first) !== COMMA) throw this.#failure('no comma between two values')
    if (afterSpace(text, first + 1) === text.length) throw this.#failure('a comma before nothing')
    return text.slice(first + 1)
  }

  #add(frame: Frame, elements: string): void {
    const { container } = frame
    const list = Array.isArray(container)
    let closers = ''
    for (const { object } of this.#opened) closers = (object ? '}' : ']') + closers
    const value = this.#parse(list ? `[${elements}${closers}]` : `{${elements}${closers}}`)
    if (list) for (const element of value as unknown[]) container.push(element)
    else assign(container, value as Record<string, unknown>)
    frame.empty = false
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw this.#failure((cause as Error).message, cause)
    }
  }

  /** The container that the bracket at `at` opened is the last value of the frame before. */
  #descend(object: boolean, text: string, at: number): void {
    const parent = (this.#frames.at(-1) as Frame).container
    const named = Array.isArray(parent) ? parent.at(-1) : parent[keyBefore(text, at)]
    // `JSON.parse` of Node 24 and 26 now and then mistakes a name with an escape.
    const value = isContainer(named) ? named : Object.values(parent).at(-1)
    const container = value as Frame['container']
    const empty = object ? Object.keys(container).length === 0 : (container as unknown[]).length === 0
    this.#frames.push({ container, empty })
  }

  #failure(why: string, cause?: unknown): SyntaxError {
    return new SyntaxError(
      `Invalid JSON after character ${this.#consumed}: ${why}`,
      cause === undefined ? {} : { cause },
    )
  }
}

/** Own properties, whatever their names, as `JSON.parse` makes them: `__proto__` is a name like any other. */
function assign(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (Object.hasOwn(target, key) || !(key in target)) target[key] = value
    else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  }
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function afterSpace(text: string, start: number): number {
  let index = start
  while (index < text.length && isSpace(text.charCodeAt(index))) index += 1
  return index
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** The key whose value begins at `at`. The text was parsed, so that there is one, and a colon behind it. */
function keyBefore(text: string, at: number): string {
  const end = text.lastIndexOf('"', at)
  let start = text.lastIndexOf('"', end - 1)
  while (isEscaped(text, start)) start = text.lastIndexOf('"', start - 1)
  return JSON.parse(text.slice(start, end + 1)) as string
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before -= 1
  return (at - before) % 2 === 0
}
