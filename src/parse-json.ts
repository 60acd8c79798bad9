import { JsonParser } from './core/json-parser.ts'
import { loopTurns } from './core/turns.ts'
import type { NdjsonSource } from './ndjson.ts'

/** A body up to this many bytes is parsed at once. */
const SMALL = 64 * 1024

/** Bytes that are parsed at a time of a bigger one. */
const PIECE = 32 * 1024

/**
 * The value of a body of JSON, as its `json()` gives it, but a big one is parsed while it comes, with turns for others
 * in between: the event loop is not held up. Rejects with a `SyntaxError`, or as the body does.
 */
export async function parseJson<T = unknown>(source: NdjsonSource): Promise<T> {
  const chunks = source instanceof Response ? (source.body ?? []) : source
  const start: Uint8Array[] = []
  let size = 0
  let parsing: Parsing | null = null
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (parsing !== null) {
      await parsing.push(chunk)
    } else {
      start.push(chunk)
      if (size <= SMALL) continue
      parsing = new Parsing()
      for (const early of start.splice(0)) await parsing.push(early)
    }
  }
  return (parsing === null ? JSON.parse(decoder.decode(Buffer.concat(start))) : parsing.end()) as T
}

const decoder = new TextDecoder()

/** A big body on its way to a value. */
class Parsing {
  readonly #decoder = new TextDecoder()
  readonly #parser = new JsonParser()
  #until = Number.NEGATIVE_INFINITY

  async push(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += PIECE) {
      if (loopTurns.over(this.#until)) this.#until = await loopTurns.next()
      this.#parser.push(this.#decoder.decode(bytes.subarray(start, start + PIECE), { stream: true }))
    }
  }

  end(): unknown {
    this.#parser.push(this.#decoder.decode())
    return this.#parser.end()
  }
}
