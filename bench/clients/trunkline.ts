/** Ours: `request` and `fetch`, on each engine that this version has. */
import type { Client, ClientOptions, FetchResponse, RequestResult } from '../../src/index.ts'
import { type ClientDefinition, expect200, type Session, type TextRequest } from './client.ts'

export const ENGINES = ['node', 'wire'] as const
export type EngineName = (typeof ENGINES)[number]

/** Loaded when it is wanted: the processes of other clients must not carry it. */
const load = () => import('../../src/index.ts')

/** Why this version has no such engine: `createClient` refuses it. */
async function missing(engine: EngineName): Promise<string | null> {
  if (engine === 'node') return null
  const { createClient, InvalidRequestError } = await load()
  try {
    createClient({ engine } as ClientOptions).destroy()
    return null
  } catch (error) {
    if (error instanceof InvalidRequestError) return `this version has no engine "${engine}"`
    throw error
  }
}

async function open(engine: EngineName, ca: string): Promise<Client> {
  const { createClient } = await load()
  // The default engine is taken as it comes: without the option, which not every version has.
  return createClient({ tls: { ca }, ...(engine === 'node' ? {} : { engine }) } as ClientOptions)
}

/** `node` has the plain names. */
function idOf(engine: EngineName, api: 'fetch' | 'request'): string {
  return engine === 'node' ? api : `${engine}-${api}`
}

function nameOf(engine: EngineName, api: 'fetch' | 'request'): string {
  return engine === 'node' ? `trunkline ${api}` : `trunkline ${api} (${engine})`
}

export function trunklineFetch(engine: EngineName): ClientDefinition {
  return {
    id: idOf(engine, 'fetch'),
    name: nameOf(engine, 'fetch'),
    ours: true,
    missing: () => missing(engine),
    open: async ({ ca }) => fetchSession(await open(engine, ca)),
  }
}

/** What a caller would write: nothing for a plain GET. */
function optionsOf({ headers, body }: TextRequest) {
  if (headers === undefined && body === undefined) return undefined
  return { ...(body && { method: 'POST', body }), ...(headers && { headers }) }
}

// Named functions and no async ones: what the bench itself allocates is counted as the client's.
const lengthOf = (text: string) => text.length

function textOfFetch(response: FetchResponse): Promise<string> {
  expect200(response.status)
  return response.text()
}

function textOfRequest({ status, body }: RequestResult): Promise<string> {
  expect200(status)
  return body.text()
}

function fetchSession(client: Client): Session {
  return {
    text: (url, given) => client.fetch(url, optionsOf(given)).then(textOfFetch).then(lengthOf),
    async read(url, take) {
      const response = await client.fetch(url)
      expect200(response.status)
      for await (const chunk of response.body ?? []) if (!take(chunk.length)) break
    },
    hold: (url) => client.fetch(url),
  }
}

export function trunklineRequest(engine: EngineName): ClientDefinition {
  return {
    id: idOf(engine, 'request'),
    name: nameOf(engine, 'request'),
    ours: true,
    missing: () => missing(engine),
    open: async ({ ca }) => requestSession(await open(engine, ca)),
  }
}

function requestSession(client: Client): Session {
  return {
    text: (url, given) => client.request(url, optionsOf(given)).then(textOfRequest).then(lengthOf),
    async read(url, take) {
      const response = await client.request(url)
      expect200(response.status)
      for await (const chunk of response.body) if (!take(chunk.length)) break
    },
    hold: (url) => client.request(url),
  }
}
