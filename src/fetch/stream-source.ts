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
        async next() {
          let step: Awaited<ReturnType<typeof reader.read>> | null = null
          try {
            step = await reader.read()
            return step as IteratorResult<Uint8Array>
          } finally {
            // At its end the stream is its owner's again, as the platform leaves it.
            if (step === null || step.done) reader.releaseLock()
          }
        },
        async return() {
          reader.cancel(signal?.aborted ? signal.reason : undefined).catch(() => {})
          return { done: true, value: undefined }
        },
      }
    },
  }
}
