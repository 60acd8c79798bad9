import { ClientRequest as NodeRequest } from 'node:http'
import { defaultClient } from '../../index.ts'
import { type Bridge, type BridgeRequestClass, createBridge } from './bridge.ts'

export { IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http'
export type { AxiosLike } from './axios-adapter.ts'
export { axiosAdapter } from './axios-adapter.ts'
export type {
  Bridge,
  BridgeRequestClass,
  BridgeRequestOptions,
  RequestFunction,
  ResolvedProtocol,
  ResolveOptions,
  ResponseListener,
} from './bridge.ts'
export { createBridge } from './bridge.ts'
export { BridgeError } from './bridge-error.ts'
export type { ResponseDetails } from './response-dress.ts'
export { detailsOf } from './response-dress.ts'

let shared: Bridge | null = null

/** The bridge to the process-wide default client, made at the first use. */
export function defaultBridge(): Bridge {
  shared ??= createBridge(defaultClient())
  return shared
}

// biome-ignore lint/suspicious/noExplicitAny: the types of Bridge say what may be given
type Arguments = [any, any?, any?]

/** A request over the default client, as `https.request`. */
export const request = ((...args: Arguments) => defaultBridge().request(...args)) as Bridge['request']

/** The same, ended. */
export const get = ((...args: Arguments) => defaultBridge().get(...args)) as Bridge['get']

/** The same as `request`, in a promise. */
export const auto = ((...args: Arguments) => defaultBridge().auto(...args)) as Bridge['auto']

/** For http2-wrapper's own `auto`, over the default client. */
export const resolveProtocol: Bridge['resolveProtocol'] = (options) =>
  defaultBridge().resolveProtocol(options)

/** The class of requests over the default client. */
export const ClientRequest = new Proxy(NodeRequest, {
  construct: (_target, args) => new (defaultBridge().ClientRequest)(...(args as Arguments)),
}) as unknown as BridgeRequestClass
