/**
 * A guard against a fault of Node (seen on 22, 24 and 26): when its native session object is garbage-collected
 * before that of a stream which still holds header fields that were never delivered, Node aborts the process
 * (`Assertion failed: (current_nghttp2_memory_) == (0)`). A server brings that about with one malformed response
 * head. So the native session of a stream that did not end well is held until the native stream is gone. There is no
 * public way to either object; where the private one is not found, nothing is done. Pinned by
 * test/wire/node-http2-abort.test.ts.
 */
const streams = new FinalizationRegistry<object>(() => {})

let handleSymbol: symbol | null | undefined

/** Makes the session's native object outlive the stream's. */
export function outlive(sessionHandle: object | undefined, streamHandle: object | undefined): void {
  if (sessionHandle !== undefined && streamHandle !== undefined) streams.register(streamHandle, sessionHandle)
}

/** The native object; a session or stream that was destroyed has none any more. */
export function handleOf(owner: object): object | undefined {
  if (handleSymbol === undefined) handleSymbol = findSymbol(owner)
  return handleSymbol === null ? undefined : (Reflect.get(owner, handleSymbol) as object | undefined)
}

function findSymbol(owner: object): symbol | null {
  const names = ['kHandle', 'handle']
  return (
    Object.getOwnPropertySymbols(owner).find(({ description }) => names.includes(description ?? '')) ?? null
  )
}
