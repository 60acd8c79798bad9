import { STATUS_CODES } from 'node:http'
import type { ClientResponse } from '../../core/dispatch.ts'
import { contentLength, type HeaderList, isConnectionSpecific } from '../../core/headers.ts'

/** A response as Node's HTTP/1.1 parser is to read it. */
export interface ResponseText {
  readonly head: Buffer
  /** `chunked`: with a Transfer-Encoding that the server did not send. `none`: it ends with its head. */
  readonly body: 'none' | 'length' | 'chunked'
}

/** RFC 9112 section 4. Fields of the connection are left out: they were between other parties. */
export function responseText(method: string, { status, statusText, headers }: ClientResponse): ResponseText {
  const length = contentLength(headers)
  const none = method === 'HEAD' || status === 204 || status === 304
  const body = none ? 'none' : typeof length === 'number' ? 'length' : 'chunked'
  return { head: headText(status, headers, body === 'chunked', statusText), body }
}

export function informationalText(status: number, headers: HeaderList): Buffer {
  return headText(status, headers, false)
}

function headText(status: number, headers: HeaderList, chunked: boolean, statusText = ''): Buffer {
  let text = `HTTP/1.1 ${status} ${statusText || (STATUS_CODES[status] ?? '')}\r\n`
  let measured = chunked
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    if (isConnectionSpecific(name)) continue
    if (name === 'content-length') {
      // Once, if at all: what frames this message is told once.
      if (measured) continue
      measured = true
    }
    text += `${name}: ${headers[index + 1]}\r\n`
  }
  return Buffer.from(chunked ? `${text}transfer-encoding: chunked\r\n\r\n` : `${text}\r\n`, 'latin1')
}

/** RFC 9112 section 7.1. */
export function chunkStart(length: number): Buffer {
  return Buffer.from(`${length.toString(16)}\r\n`, 'latin1')
}

export const CHUNK_END = Buffer.from('\r\n', 'latin1')

export function lastChunk(trailers: HeaderList): Buffer {
  let text = '0\r\n'
  for (let index = 0; index < trailers.length; index += 2)
    text += `${trailers[index]}: ${trailers[index + 1]}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}
