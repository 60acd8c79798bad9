import type { HeaderList } from '../../core/headers.ts'
import { fieldsOf, rawFields } from './fields.ts'

/** What a handler of undici 7 and later is given to govern the request with. */
export interface DispatchController {
  readonly aborted: boolean
  readonly paused: boolean
  readonly reason: Error | null
  readonly rawHeaders: Buffer[] | null
  readonly rawTrailers: Buffer[] | null
  abort(reason?: Error): void
  pause(): void
  resume(): void
}

/** A handler of either kind, as far as it is called: undici 7 and later, and those before (`onConnect`, ...). */
export interface AnyHandler {
  onRequestStart?(controller: DispatchController, context: unknown): void
  onRequestUpgrade?(controller: DispatchController, status: number, headers: object, socket: object): void
  onResponseStart?(controller: DispatchController, status: number, headers: object, reason?: string): void
  onResponseData?(controller: DispatchController, chunk: Buffer): void
  onResponseEnd?(controller: DispatchController, trailers: object): void
  onResponseError?(controller: DispatchController | null, error: Error): void

  onConnect?(abort: (reason?: Error) => void, context: unknown): void
  onUpgrade?(status: number, headers: Buffer[], socket: object): void
  onHeaders?(status: number, headers: Buffer[], resume: () => void, reason: string): boolean | undefined
  onData?(chunk: Buffer): boolean | undefined
  onComplete?(trailers: Buffer[]): void
  onError?(error: Error): void

  onResponseStarted?(): void
  onBodySent?(chunk: Uint8Array, total?: number): void
  onRequestSent?(): void
}

/** The two kinds of handler as one. */
export interface HandlerCalls {
  start(controller: DispatchController): void
  head(controller: DispatchController, status: number, headers: HeaderList, reason: string): void
  data(controller: DispatchController, chunk: Buffer): void
  end(controller: DispatchController, trailers: HeaderList): void
  error(controller: DispatchController | null, error: Error): void
}

/** A handler is of the new kind when it has one of the new methods, as undici itself sees it. */
export function callsOf(handler: AnyHandler): HandlerCalls {
  const isNew =
    typeof handler.onRequestStart === 'function' ||
    typeof handler.onResponseStart === 'function' ||
    typeof handler.onResponseError === 'function'
  return isNew ? newCalls(handler) : legacyCalls(handler)
}

function newCalls(handler: AnyHandler): HandlerCalls {
  return {
    start: (controller) => handler.onRequestStart?.(controller, {}),
    head: (controller, status, headers, reason) =>
      handler.onResponseStart?.(controller, status, fieldsOf(headers), reason),
    data: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    end: (controller, trailers) => handler.onResponseEnd?.(controller, fieldsOf(trailers)),
    error: (controller, error) => handler.onResponseError?.(controller, error),
  }
}

function legacyCalls(handler: AnyHandler): HandlerCalls {
  return {
    start: (controller) => handler.onConnect?.((reason) => controller.abort(reason), null),
    head(controller, status, headers, reason) {
      const resume = () => controller.resume()
      if (handler.onHeaders?.(status, rawFields(headers), resume, reason) === false) controller.pause()
    },
    data(controller, chunk) {
      if (handler.onData?.(chunk) === false) controller.pause()
    },
    end: (_controller, trailers) => handler.onComplete?.(rawFields(trailers)),
    error: (_controller, error) => handler.onError?.(error),
  }
}
