import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'

/**
 * A guard against a fault of Node (seen on 22, 24 and 26): when its native session object is garbage-collected
 * before that of a stream which still holds header fields that were never delivered, Node aborts the process
 * (`Assertion failed: (current_nghttp2_memory_) == (0)`). A server brings that about with one malformed response
 * head. So the native session is held until the native stream is gone. There is no public way to either object;
 * where the private one is not found, nothing is done. Pinned by test/wire/node-http2-abort.test.ts.
 */
const streams = new FinalizationRegistry<object>(() => {})

let handleSymbol: symbol | null | undefined

/** Makes the session's native object outlive the stream's. */
export function outlive(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
  const sessionHandle = handleOf(session)
  const streamHandle = handleOf(stream)
  if (sessionHandle !== undefined && streamHandle !== undefined) streams.register(streamHandle, sessionHandle)
}

function handleOf(owner: object): object | undefined {
  if (handleSymbol === undefined) handleSymbol = findSymbol(owner)
  return handleSymbol === null ? undefined : (Reflect.get(owner, handleSymbol) as object | undefined)
}

function findSymbol(owner: object): symbol | null {
  const names = ['kHandle', 'handle']
  return (
    Object.getOwnPropertySymbols(owner).find(({ description }) => names.includes(description ?? '')) ?? null
  )
}
