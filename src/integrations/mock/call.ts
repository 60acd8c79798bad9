import type { ClientRequest } from '../../core/dispatch.ts'
import { type HeaderList, headerRecord } from '../../core/headers.ts'
import type { Params } from './url-pattern.ts'

/** A request that came to the mock. */
export interface MockCall {
  readonly method: string
  readonly url: string
  /** By lower-case name, repeats joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** Name, value, name, value. */
  readonly rawHeaders: HeaderList
  readonly body: Uint8Array
  /** The body as text, and parsed as JSON. */
  text(): string
  /** The body as JSON. */
  json<T = unknown>(): T
  /** Of the URL pattern that it fitted; empty for none. */
  readonly params: Params
  /** The request as interceptors see it. */
  readonly request: ClientRequest
}

/** Reads the whole body: what it says is a part of what is asked. */
export async function callOf(request: ClientRequest): Promise<MockCall> {
  const { method, target, headers } = request
  const body = await bodyOf(request)
  const text = () => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  return {
    method,
    url: target.href,
    headers: headerRecord(headers),
    rawHeaders: headers,
    body,
    text,
    json: () => JSON.parse(text()),
    params: {},
    request,
  }
}

async function bodyOf({ body }: ClientRequest): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0)
  if (body.kind === 'bytes') return body.bytes
  const chunks: Uint8Array[] = []
  const source = body.open()
  for (let step = await source.next(); !step.done; step = await source.next()) chunks.push(step.value)
  return Buffer.concat(chunks)
}
