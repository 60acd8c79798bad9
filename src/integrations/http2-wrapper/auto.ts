import type { ClientRequest as NodeRequest } from 'node:http'
import http2wrapper from 'http2-wrapper'
import type { Client } from '../../client-interface.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import type { BridgeHttpsAgent } from './agents.ts'
import type { BridgeHttp2Agent } from './http2-agent.ts'
import { originOfPlace } from './request-target.ts'

/** What http2-wrapper's `auto` asks with. */
export interface ResolveOptions {
  readonly host?: string
  readonly port?: number | string
  /** ms. */
  readonly timeout?: number | undefined
}

export interface ResolvedProtocol {
  readonly alpnProtocol: string
  readonly timeout?: boolean
}

export type ResolveProtocol = (options: ResolveOptions) => Promise<ResolvedProtocol>

interface Agents {
  readonly https: BridgeHttpsAgent
  readonly http2: BridgeHttp2Agent
}

/** What `auto` hands to its `resolveProtocol`: its own options, which it reads on from afterwards. */
interface AutoOptions extends ResolveOptions {
  host?: string
  readonly resolveSocket?: boolean
  readonly agent?: Readonly<Partial<Record<'https' | 'http2', unknown>>> | false
}

const HTTP1 = { alpnProtocol: 'http/1.1' } as const

/**
 * For http2-wrapper's `auto`. Its answer chooses which class of request `auto` makes and which agent that gets; what is
 * spoken is found out by our agents in either case. So with our agents it is Node's class, which has what http2-wrapper's
 * lacks, and nothing is dialled. With our `http2` alone, and for whoever asks for himself, a connection of the pool
 * answers, which the request then uses.
 */
export function resolverOf(client: Client, agents: Agents): ResolveProtocol {
  return async (options: AutoOptions) => {
    if (options.resolveSocket !== true) return spoken(client, options)
    const { https, http2 } = options.agent || {}
    if (https === agents.https) return HTTP1
    const answer = await spoken(client, options)
    if (answer.timeout === true || (answer.alpnProtocol === 'h2' && http2 === agents.http2)) {
      bracketHost(options)
      return answer
    }
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      `Invalid request option: agent has no bridge agent for ${answer.alpnProtocol}, so the request would bypass the client. Pass auto the agents of the bridge unchanged: { agent: bridge.agents }.`,
    )
  }
}

/** http2-wrapper's own `auto`, over our agents. */
export function autoRequest(
  options: Readonly<Record<string, unknown>>,
  agents: object,
  resolveProtocol: ResolveProtocol,
  listener?: unknown,
): Promise<NodeRequest> {
  const given = { ...options, agent: { ...agents }, resolveProtocol }
  return http2wrapper.auto(given as never, listener as never)
}

async function spoken(
  client: Client,
  { host = 'localhost', port = 443, timeout }: ResolveOptions,
): Promise<ResolvedProtocol> {
  const { key } = originOfPlace({ scheme: 'https', host, port: Number(port) })
  const limit = timeout !== undefined && timeout > 0 ? AbortSignal.timeout(timeout) : null
  try {
    const { protocol } = await client.connect(key, limit === null ? {} : { signal: limit })
    return { alpnProtocol: protocol }
  } catch (error) {
    if (limit?.aborted && error === limit.reason) return { alpnProtocol: 'h2', timeout: true }
    throw error
  }
}

/** http2-wrapper puts the host into a URL as it is, and an IPv6 address stands in brackets there. */
function bracketHost(options: AutoOptions): void {
  if (options.host?.includes(':') && !options.host.startsWith('[')) options.host = `[${options.host}]`
}
