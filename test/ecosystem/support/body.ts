import type { Readable } from 'node:stream'

/** What `Readable.fromWeb` takes; the types of Node and of the platform differ in name only. */
export type NodeWebStream = Parameters<typeof Readable.fromWeb>[0]

/** The body is there: a response without one fails the test. */
export function bodyOf(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (response.body === null) throw new Error('the response has no body')
  return response.body
}
