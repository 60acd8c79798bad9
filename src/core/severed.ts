/**
 * Whether the kernel knows a socket's TCP connection to be gone. A reset may come without an event: nobody reads, or
 * Node 22 and 24 have stopped reading while a write is under way, and then socket and session look open for ever. A
 * reset socket has no peer any more. There is no public call that asks for it, since `remoteAddress` answers from memory.
 */
export function isSevered(socket: object): boolean {
  const handle = (socket as { _handle?: { getpeername?(out: object): number } | null })._handle
  const status = handle?.getpeername?.({})
  return status !== undefined && status !== 0
}
