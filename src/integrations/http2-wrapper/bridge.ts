import { type IncomingMessage, ClientRequest as NodeRequest } from 'node:http'
import type { RequestOptions as NodeRequestOptions } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import http2wrapper from 'http2-wrapper'
import type { Client } from '../../client-interface.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import { BridgeHttpAgent, BridgeHttpsAgent } from './agents.ts'
import { autoRequest, type ResolveProtocol, resolverOf } from './auto.ts'
import { BridgeHttp2Agent } from './http2-agent.ts'

/** Called with the response of a request. */
export type ResponseListener = (response: IncomingMessage) => void

/** Options of a request: those of `https.request`, without what governs a connection, which is the client's. */
export interface BridgeRequestOptions extends Omit<NodeRequestOptions, 'agent'> {
  /** There is but one agent, that of the bridge; as http2-wrapper's `auto` takes it, an object of agents. */
  readonly agent?: unknown
}

/** `(url, options?, listener?)` or `(options, listener?)`, as `https.request` and http2-wrapper take them. */
export interface RequestFunction<Result> {
  (url: string | URL, options?: BridgeRequestOptions, listener?: ResponseListener): Result
  (url: string | URL, listener?: ResponseListener): Result
  (options: BridgeRequestOptions, listener?: ResponseListener): Result
}

/** `ClientRequest` of a bridge: constructed as http2-wrapper's. */
export interface BridgeRequestClass {
  new (url: string | URL, options?: BridgeRequestOptions, listener?: ResponseListener): NodeRequest
  new (url: string | URL, listener?: ResponseListener): NodeRequest
  new (options: BridgeRequestOptions, listener?: ResponseListener): NodeRequest
  readonly prototype: NodeRequest
}

/** Node's and http2-wrapper's interfaces over one client. */
export interface Bridge {
  /** A request that is to be ended. */
  readonly request: RequestFunction<NodeRequest>
  /** A request that was ended. */
  readonly get: RequestFunction<NodeRequest>
  /** http2-wrapper's, with our agents: `request` in a promise. It makes no probe: the request finds out what is spoken. */
  readonly auto: RequestFunction<Promise<NodeRequest>>
  readonly ClientRequest: BridgeRequestClass
  /** `http` and `https` for whatever takes an agent of Node's; `http2` for http2-wrapper and got up to 15. */
  readonly agents: Readonly<{ http: BridgeHttpAgent; https: BridgeHttpsAgent; http2: BridgeHttp2Agent }>
  /** For http2-wrapper's own `auto`, beside `agent: agents`; no probe of its own is made then. */
  readonly resolveProtocol: ResolveProtocol
}

type Given = BridgeRequestOptions & Record<string, unknown>

/** Makes a bridge to a client. It holds nothing open itself; close the client when you are done. */
export function createBridge(client: Client): Bridge {
  const agents = {
    http: new BridgeHttpAgent(client),
    https: new BridgeHttpsAgent(client),
    http2: new BridgeHttp2Agent(client),
  }
  const ClientRequest = requestClass(agents)
  const request = ((...args: Arguments) => new ClientRequest(...args)) as RequestFunction<NodeRequest>
  const get = ((...args: Arguments) => request(...args).end()) as RequestFunction<NodeRequest>
  const resolveProtocol = resolverOf(client, agents)
  const auto = (async (...args: Arguments) => {
    const { options, listener } = given(args)
    checkAgent(options.agent, agents)
    return autoRequest(options, agents, resolveProtocol, listener)
  }) as RequestFunction<Promise<NodeRequest>>
  return { request, get, auto, ClientRequest, agents, resolveProtocol }
}

// biome-ignore lint/suspicious/noExplicitAny: the overloads say what may be given
type Arguments = [any, any?, any?]

function requestClass(agents: Bridge['agents']): BridgeRequestClass {
  return class ClientRequest extends NodeRequest {
    constructor(...args: Arguments) {
      const { options, listener } = given(args)
      checkAgent(options.agent, agents)
      const agent = options.protocol === 'http:' ? agents.http : agents.https
      super({ ...options, agent }, listener)
    }
  } as BridgeRequestClass
}

function given([input, options, listener]: Arguments): { options: Given; listener?: ResponseListener } {
  const base = typeof input === 'string' || input instanceof URL ? fromUrl(input) : { ...input }
  const more = typeof options === 'function' || options === null ? {} : options
  const merged: Given = { protocol: 'https:', ...base, ...withoutUndefined(more) }
  if (merged.headers !== undefined) Object.assign(merged, plainHeaders(merged))
  const then = typeof options === 'function' ? options : listener
  return then === undefined ? { options: merged } : { options: merged, listener: then }
}

function fromUrl(input: string | URL): Given {
  const url = input instanceof URL ? input : URL.parse(input)
  if (url !== null) return urlToHttpOptions(url) as Given
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_URL',
    'Invalid URL: it is not absolute. Pass an absolute URL such as https://example.com/path.',
  )
}

/** An option that is undefined does not hide what the URL says. */
function withoutUndefined(options: object = {}): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** Pseudo-header fields, which http2-wrapper takes, are options or Host here. */
function plainHeaders({ headers, ...options }: Given): Partial<Given> {
  if (headers === undefined || Array.isArray(headers)) return {}
  const fields: Record<string, unknown> = { ...headers }
  const take = (name: string) => {
    const value = fields[name]
    delete fields[name]
    return value === undefined ? undefined : String(value)
  }
  const [method, path, authority] = [take(':method'), take(':path'), take(':authority')]
  take(':scheme')
  if (authority !== undefined && !Object.keys(fields).some((name) => name.toLowerCase() === 'host'))
    fields.host = authority
  return {
    headers: fields as never,
    ...((options.method ?? method) === undefined ? {} : { method: options.method ?? method }),
    ...(path === undefined ? {} : { path }),
  } as Partial<Given>
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for an agent that would be passed over in silence. */
function checkAgent(agent: unknown, agents: Bridge['agents']): void {
  // got 15 names http2-wrapper's global agent when its user has named none.
  const none = [undefined, null, false, http2wrapper.globalAgent]
  const ours: readonly unknown[] = [...none, ...Object.values(agents)]
  const plain =
    typeof agent === 'object' && agent !== null && Object.getPrototypeOf(agent) === Object.prototype
  if (ours.includes(agent) || (plain && Object.values(agent).every((one) => ours.includes(one)))) return
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    'Invalid request option: agent is not the one of the bridge. Leave it out: the client owns the connections.',
  )
}
