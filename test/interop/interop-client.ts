import type { EngineName } from '../../src/engine-name.ts'
import type { Protocol } from './servers/server.ts'

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

export interface ClientSettings {
  readonly ca: string
  readonly tls: TlsVersion
  readonly protocol: Protocol
  readonly engine?: EngineName
}

interface Answer {
  readonly status: number
  readonly protocol: string
  readonly timings: { readonly resumed: boolean }
}

export interface InteropInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export interface InteropStats {
  /** TCP connections made so far. */
  readonly dials: number
}

/** As much of a client as the matrix uses; so it can run the reference client as well. */
export interface InteropClient {
  fetch(url: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response & Answer>
  request(url: string, init?: InteropInit): Promise<Answer & { readonly body: AsyncIterable<Uint8Array> }>
  stats(): InteropStats
  close(): Promise<unknown>
  destroy(): void
}

export interface ClientUnderTest {
  readonly create: (settings: ClientSettings) => InteropClient
  /** Does it send a request again that a closing connection did not take? */
  readonly replays: boolean
}
