/**
 * A web stream as the source of a body. Its own iterator cancels it only when the chunk that is waited for has come;
 * this one does so at once, and says why: with the reason of `signal`, if that is what ended the request.
 */
export function streamSource(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | null,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const reader = stream.getReader()
      return {
        next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
        async return() {
          reader.cancel(signal?.aborted ? signal.reason : undefined).catch(() => {})
          return { done: true, value: undefined }
        },
      }
    },
  }
}
