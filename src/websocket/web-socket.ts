import type { EventEmitter } from 'node:events'

/** What can be sent: text, or bytes. */
export type WebSocketData = string | Buffer | ArrayBuffer | ArrayBufferView | readonly Buffer[]

type Sent = (error?: Error) => void

/**
 * An open WebSocket: one of the package `ws`, whose documentation it follows. `trunkline/websocket` gives it with the
 * types of `ws` itself.
 */
export interface WebSocketConnection extends EventEmitter {
  /** 1: open; 2: closing; 3: closed. */
  readonly readyState: number
  /** The subprotocol that the server chose; empty for none. */
  readonly protocol: string
  /** The extensions that were agreed upon. */
  readonly extensions: string
  readonly url: string
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number
  binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob'
  readonly isPaused: boolean
  /** Sends a message; `sent` is called when it was handed to the connection, or could not be. */
  send(data: WebSocketData, sent?: Sent): void
  /** Sends a message; `sent` is called when it was handed to the connection, or could not be. */
  send(
    data: WebSocketData,
    options: { readonly binary?: boolean; readonly compress?: boolean; readonly fin?: boolean },
    sent?: Sent,
  ): void
  /** Begins the closing handshake (RFC 6455 section 7). */
  close(code?: number, reason?: string | Buffer): void
  /** Ends it at once: the stream is reset, or the connection closed. */
  terminate(): void
  /** Sends a ping frame (RFC 6455 section 5.5.2). */
  ping(data?: unknown, mask?: boolean, sent?: Sent): void
  /** Sends a pong frame that nobody asked for (RFC 6455 section 5.5.3). */
  pong(data?: unknown, mask?: boolean, sent?: Sent): void
  /** No messages until `resume()`; the server is held back by flow control. */
  pause(): void
  /** Messages come again after `pause()`. */
  resume(): void
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
  on(event: 'close', listener: (code: number, reason: Buffer) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this
  // biome-ignore lint/suspicious/noExplicitAny: as every emitter has it
  on(event: string | symbol, listener: (...values: any[]) => void): this
  once(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
  once(event: 'close', listener: (code: number, reason: Buffer) => void): this
  once(event: 'error', listener: (error: Error) => void): this
  once(event: 'ping' | 'pong', listener: (data: Buffer) => void): this
  // biome-ignore lint/suspicious/noExplicitAny: as every emitter has it
  once(event: string | symbol, listener: (...values: any[]) => void): this
}
