/** What newline-delimited JSON is read from: a body of `request`, a response of `fetch`, or any bytes. */
export type NdjsonSource = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | Response

const NEWLINE = 10

/**
 * The values of newline-delimited JSON as they come, each line parsed by itself: the event loop is held up for a line
 * at most, and no more of the body is held than a line. Empty lines are passed over. Leaving the loop cancels the body.
 * Rejects with a `SyntaxError` that names the line, or as the body does.
 */
export async function* ndjson<T = unknown>(source: NdjsonSource): AsyncGenerator<T, void, undefined> {
  const chunks = source instanceof Response ? source.body : source
  if (chunks === null) return
  let rest: Uint8Array[] = []
  let line = 0
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, to)
      const bytes = rest.length === 0 ? piece : Buffer.concat([...rest, piece])
      from = to + 1
      rest = []
      line += 1
      if (!isBlank(bytes)) yield parse<T>(bytes, line)
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
  const last = Buffer.concat(rest)
  if (!isBlank(last)) yield parse<T>(last, line + 1)
}

const decoder = new TextDecoder()

function parse<T>(bytes: Uint8Array, line: number): T {
  try {
    return JSON.parse(decoder.decode(bytes)) as T
  } catch (cause) {
    throw new SyntaxError(`Line ${line} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Spaces, tabs and a carriage return at most. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)
}
