/** The clients that are compared, each as its documentation says to use it for HTTP/2, defaults otherwise. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { createClient } from '../../src/index.ts'

export interface PeerRequest {
  readonly method: string
  readonly body?: Buffer
  readonly signal: AbortSignal
}

export interface PeerAnswer {
  readonly status: number
  readonly body: Buffer
}

/** A client that sends one request and reads all of its response. */
export type Send = (url: string, request: PeerRequest) => Promise<PeerAnswer>

export interface Peer {
  readonly name: string
  /** How to install one that is no dependency of this project. */
  readonly install: string
  /** null: not installed. */
  version(): Promise<string | null>
  load(ca: string): Promise<Send>
}

const require = createRequire(import.meta.url)

/** What a package is loaded from; null when it is not installed. */
function found(name: string, from = require): string | null {
  try {
    return from.resolve(name)
  } catch {
    return null
  }
}

function versionOf(name: string): string | null {
  const file = found(`${name}/package.json`)
  return file === null ? null : String(require(file).version)
}

const trunkline: Peer = {
  name: 'trunkline',
  install: '',
  version: async () => String(require('../../package.json').version),
  async load(ca) {
    const client = createClient({ tls: { ca } })
    return async (url, { method, body, signal }) => {
      const response = await client.request(url, { method, signal, ...(body && { body }) })
      return { status: response.status, body: Buffer.from(await response.body.bytes()) }
    }
  },
}

/** NODE_EXTRA_CA_CERTS of the process names the authority. */
const platformFetch: Peer = {
  name: 'fetch',
  install: '',
  version: async () => `of Node ${process.versions.node}, undici ${process.versions.undici}`,
  async load() {
    return async (url, { method, body, signal }) => {
      const response = await fetch(url, { method, signal, ...(body && { body: new Uint8Array(body) }) })
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
    }
  },
}

const undici: Peer = {
  name: 'undici',
  install: 'npm install --no-save undici',
  version: async () => versionOf('undici'),
  async load(ca) {
    const { Agent, request } = await import('undici')
    const dispatcher = new Agent({ allowH2: true, connect: { ca } })
    return async (url, { method, body, signal }) => {
      const options = { dispatcher, signal, ...(body && { body }) }
      const response = await request(url, { ...options, method: method as 'GET' })
      return { status: response.statusCode, body: Buffer.from(await response.body.arrayBuffer()) }
    }
  },
}

const http2Wrapper: Peer = {
  name: 'http2-wrapper',
  install: 'npm install --no-save http2-wrapper',
  version: async () => versionOf('http2-wrapper'),
  async load(ca) {
    const { default: wrapper } = await import('http2-wrapper')
    const agent = { http2: new wrapper.Agent(), https: new HttpsAgent({ keepAlive: true }) }
    return async (url, { method, body, signal }) => {
      const request = await wrapper.auto(url, { method, ca, agent })
      return settled(request, body, signal)
    }
  },
}

/** A request in the manner of node:https, and all of its response. */
function settled(request: ClientRequest, body: Buffer | undefined, signal: AbortSignal): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    const abort = () => request.destroy(signal.reason)
    const closed = () => reject(new Error('closed without a response'))
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    request.on('error', reject)
    request.on('close', closed)
    request.on('response', (response: IncomingMessage) => {
      request.off('close', closed)
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('aborted', () => reject(new Error('aborted')))
      response.on('end', () => {
        const answer = { status: response.statusCode ?? 0, body: Buffer.concat(chunks) }
        // An error that comes along with the end counts.
        const ended = () => (response.complete ? resolve(answer) : reject(new Error('incomplete')))
        setImmediate(ended)
      })
    })
    request.end(body)
  })
}

interface GotAnswer {
  readonly statusCode: number
  readonly rawBody: Uint8Array
}

type Got = (url: string, options: object) => Promise<GotAnswer>

/** The folder in whose node_modules it is; default: this project. */
const gotHome = () =>
  createRequire(pathToFileURL(`${process.env.TRUNKLINE_PEER_GOT ?? import.meta.dirname}/_`))

const got: Peer = {
  name: 'got',
  install: 'npm install got --prefix FOLDER, and TRUNKLINE_PEER_GOT=FOLDER in the environment',
  async version() {
    const from = gotHome()
    const folder = (from.resolve.paths('got') ?? []).map((path) => `${path}/got/package.json`)
    const file = folder.find((path) => found(path) !== null)
    return file === undefined ? null : String(require(file).version)
  },
  async load(ca) {
    const from = gotHome()
    const { default: got } = (await import(pathToFileURL(from.resolve('got')).href)) as { default: Got }
    return async (url, { method, body, signal }) => {
      const options = { http2: true, https: { certificateAuthority: ca }, throwHttpErrors: false }
      const answer = await got(url, { ...options, method, signal, ...(body && { body }) })
      return { status: answer.statusCode, body: Buffer.from(answer.rawBody) }
    }
  },
}

export const peers: readonly Peer[] = [trunkline, undici, platformFetch, got, http2Wrapper]
