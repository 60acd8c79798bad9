import type { Socket } from 'node:net'
import type { HeaderList } from '../../core/headers.ts'
import { type ConnectAnswer, ConnectAnswerReader } from './connect-answer.ts'

/** How the wish for a tunnel ended: an answer of any status, or none. */
export type TunnelAnswer = Exclude<ConnectAnswer, { readonly kind: 'incomplete' }>

/**
 * Asks an HTTP/1.1 proxy for a tunnel (RFC 9110 section 9.3.6). What came behind its answer is put back into the socket.
 * Rejects with what the socket or the signal ended with; the socket is then the caller's to destroy.
 */
export function askByHttp1(
  socket: Socket,
  authority: string,
  fields: HeaderList,
  signal: AbortSignal,
): Promise<TunnelAnswer> {
  return new Promise((resolve, reject) => {
    const reader = new ConnectAnswerReader()
    const stop = () => {
      socket.off('data', onData)
      socket.off('error', onError)
      socket.off('close', onClose)
      signal.removeEventListener('abort', onAbort)
    }
    const onData = (chunk: Buffer) => {
      const answer = reader.push(chunk)
      if (answer.kind === 'incomplete') return
      stop()
      socket.pause()
      if (answer.kind === 'answer' && answer.rest.length > 0) socket.unshift(answer.rest)
      resolve(answer)
    }
    const fail = (error: unknown) => {
      stop()
      reject(error)
    }
    const onError = (error: Error) => fail(error)
    const onClose = () => fail(new Error('the connection ended before an answer came'))
    const onAbort = () => fail(signal.reason)
    if (signal.aborted) return reject(signal.reason)
    if (socket.destroyed) return onClose()
    signal.addEventListener('abort', onAbort)
    socket.on('data', onData)
    socket.on('error', onError)
    // Without `allowHalfOpen` an end is soon followed by it.
    socket.on('close', onClose)
    socket.write(headOf(authority, fields))
  })
}

function headOf(authority: string, fields: HeaderList): string {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `host: ${authority}`]
  for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
