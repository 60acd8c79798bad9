import {
  IncomingMessage,
  ClientRequest as NodeRequest,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http'
import * as http2 from 'node:http2'
import http2wrapper from 'http2-wrapper'
import { defaultClient } from '../../index.ts'
import { type Bridge, type BridgeRequestClass, createBridge } from './bridge.ts'
import { BridgeHttp2Agent } from './http2-agent.ts'
import { Agent, type Proxies, proxies } from './owning-agents.ts'

// As http2-wrapper has it: all of Node's module, and the interface of node:https beside.
export * from 'node:http2'
export type { ResolvedProtocol, ResolveOptions, ResolveProtocol } from './auto.ts'
export type { AxiosLike } from './axios-adapter.ts'
export { axiosAdapter } from './axios-adapter.ts'
export type {
  Bridge,
  BridgeRequestClass,
  BridgeRequestOptions,
  RequestFunction,
  ResponseListener,
} from './bridge.ts'
export { createBridge } from './bridge.ts'
export { BridgeError } from './bridge-error.ts'
export type { AgentOptions, ProxyOptions } from './owned-client.ts'
export type { Proxies } from './owning-agents.ts'
export type { ResponseDetails } from './response-dress.ts'
export { detailsOf } from './response-dress.ts'
export { Agent, IncomingMessage, proxies, validateHeaderName, validateHeaderValue }

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

/** For http2-wrapper's own `auto`, over the default client. */
export const resolveProtocol: Bridge['resolveProtocol'] = (options) =>
  defaultBridge().resolveProtocol(options)

/** `auto`, with what http2-wrapper's has about it. */
export type AutoFunction = Bridge['auto'] & {
  readonly resolveProtocol: Bridge['resolveProtocol']
  readonly createResolveProtocol: typeof http2wrapper.auto.createResolveProtocol
  readonly protocolCache: {
    get(key: string): string | undefined
    set(key: string, value: string): unknown
    has(key: string): boolean
    delete(key: string): boolean
    clear(): void
  }
}

/** The same as `request`, in a promise. */
export const auto: AutoFunction = Object.assign(
  ((...args: Arguments) => defaultBridge().auto(...args)) as Bridge['auto'],
  {
    resolveProtocol,
    /** http2-wrapper's: for those who make probes of their own. Nothing here does, nor reads the cache. */
    createResolveProtocol: http2wrapper.auto.createResolveProtocol,
    protocolCache: http2wrapper.auto.protocolCache,
  },
)

/** The class of requests over the default client. */
export const ClientRequest = new Proxy(NodeRequest, {
  construct: (_target, args) => new (defaultBridge().ClientRequest)(...(args as Arguments)),
}) as unknown as BridgeRequestClass

/** For http2-wrapper's own `request`, over the default client. */
export const globalAgent = new BridgeHttp2Agent(defaultClient)

interface Ours {
  readonly IncomingMessage: typeof IncomingMessage
  readonly request: Bridge['request']
  readonly get: Bridge['get']
  readonly auto: AutoFunction
  readonly ClientRequest: BridgeRequestClass
  readonly Agent: typeof Agent
  readonly globalAgent: BridgeHttp2Agent
  readonly proxies: Proxies
  readonly validateHeaderName: typeof validateHeaderName
  readonly validateHeaderValue: typeof validateHeaderValue
}

/** The shape of the default export. */
export type Http2Wrapper = Omit<typeof http2, keyof Ours> & Ours

/** All that http2-wrapper exports, under the same names; what has faults there is ours. */
const namespace: Http2Wrapper = {
  ...http2,
  ...http2wrapper,
  validateHeaderName,
  validateHeaderValue,
  IncomingMessage,
  request,
  get,
  auto,
  ClientRequest,
  Agent,
  globalAgent,
  proxies,
}

// biome-ignore lint/style/noDefaultExport: programs import http2-wrapper by its default
export default namespace
