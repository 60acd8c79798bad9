import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { EngineName } from '../../src/engine-name.ts'
import { type Asset, assetBytes, assetChunks, assets, hugeAsset } from './assets.ts'
import { headerEchoes } from './header-echo.ts'
import type { InteropClient, TlsVersion } from './interop-client.ts'
import type { Protocol, ServerDefinition } from './servers/server.ts'

/** What a case gets. `client` is shared by the cases of one combination, as in a real process. */
export interface CaseContext {
  readonly url: string
  readonly client: InteropClient
  /** One more client with the same settings; whoever asks for it closes it. */
  readonly createClient: () => InteropClient
  readonly protocol: Protocol
  /** Counts payload bytes for the report. */
  readonly moved: (bytes: number) => void
}

export interface Case {
  readonly name: string
  readonly timeout: number
  /** The server refuses requests on the way; only a client that sends them again can pass. */
  readonly needsReplay?: true
  readonly run: (context: CaseContext) => Promise<void>
}

export interface Combination {
  readonly protocol: Protocol
  readonly tls: TlsVersion
  /** What speaks HTTP/2 for a client of ours; its default unless given. */
  readonly engine?: EngineName
}

export const engineNames = ['node', 'wire'] as const satisfies readonly EngineName[]

const short = 15_000
const long = 60_000
const huge = 600_000
const concurrency = 200
const rolloverRequests = 1500
/** Few over HTTP/1.1: each has a connection to itself, and each connection must come to its limit. */
const rolloverWorkers: Readonly<Record<Protocol, number>> = { h2: 20, 'http/1.1': 2 }
export const http1Sockets = 32

export const combinations: readonly Combination[] = [
  { protocol: 'h2', tls: 'TLSv1.3' },
  { protocol: 'h2', tls: 'TLSv1.2' },
  { protocol: 'http/1.1', tls: 'TLSv1.3' },
  { protocol: 'http/1.1', tls: 'TLSv1.2' },
]

/** The cases for one server over one protocol and TLS version; none if the server lacks the protocol. */
export function casesFor(definition: ServerDefinition, { protocol, tls }: Combination): readonly Case[] {
  if (!definition.protocols.includes(protocol)) return []
  // The long upload takes the longest: one TLS version for each protocol is enough.
  const longUpload = (protocol === 'h2') === (tls === 'TLSv1.3')
  return [
    resumption(),
    ...[assets.byte, assets.small, assets.window, assets.medium, assets.large].map(get),
    ...(definition.reportsTls ? [tlsVersion(tls)] : []),
    head(assets.medium),
    notFound(),
    post(assets.small),
    post(assets.medium),
    ...(longUpload ? [streamingPost(assets.large)] : []),
    ...(definition.duplex && protocol === 'h2' ? [duplexPost(assets.medium)] : []),
    concurrentGets(assets.window),
    ...(definition.proxiesEcho ? [headerEchoes] : []),
    ...(definition.requestsPerConnection[protocol] === undefined ? [] : [rollover(assets.small)]),
  ]
}

/** Bodies of 1 GiB, each way; one TLS version is enough. */
export function hugeCasesFor(definition: ServerDefinition, { protocol, tls }: Combination): readonly Case[] {
  if (tls !== 'TLSv1.3' || !definition.protocols.includes(protocol)) return []
  return [get(hugeAsset), definition.proxiesEcho ? digestPost(hugeAsset) : streamingPost(hugeAsset)]
}

function timeoutFor(asset: Asset): number {
  if (asset === hugeAsset) return huge
  return asset === assets.large ? long : short
}

function get(asset: Asset): Case {
  return {
    name: `GET ${asset.label}`,
    timeout: timeoutFor(asset),
    async run({ url, client, protocol, moved }) {
      const response = await client.fetch(`${url}/${asset.name}`)
      checkHead(response, 200, protocol)
      assert.equal(response.headers.get('content-length'), String(asset.size))
      await checkBody(response.body, asset, moved)
    },
  }
}

function tlsVersion(version: TlsVersion): Case {
  return {
    name: 'TLS version',
    timeout: short,
    async run({ url, client, moved }) {
      const response = await client.fetch(`${url}/${assets.byte.name}`)
      await checkBody(response.body, assets.byte, moved)
      const seen = response.headers.get('x-tls-version')
      // Caddy calls it tls1.3, the others TLSv1.3.
      assert.equal(seen?.replace(/^tls(?=\d)/, 'TLSv'), version, `the server saw ${seen}`)
    },
  }
}

function head(asset: Asset): Case {
  return {
    name: 'HEAD',
    timeout: short,
    async run({ url, client, protocol }) {
      const response = await client.fetch(`${url}/${asset.name}`, { method: 'HEAD' })
      checkHead(response, 200, protocol)
      assert.equal(response.headers.get('content-length'), String(asset.size))
      assert.equal((await response.arrayBuffer()).byteLength, 0)
    },
  }
}

function notFound(): Case {
  return {
    name: '404',
    timeout: short,
    async run({ url, client, protocol, moved }) {
      const response = await client.fetch(`${url}/missing.bin`)
      checkHead(response, 404, protocol)
      await response.arrayBuffer()
      const next = await client.fetch(`${url}/${assets.small.name}`)
      await checkBody(next.body, assets.small, moved)
    },
  }
}

function post(asset: Asset): Case {
  return {
    name: `POST ${asset.label}`,
    timeout: short,
    async run({ url, client, protocol, moved }) {
      const response = await client.request(`${url}/echo`, { method: 'POST', body: assetBytes(asset.size) })
      moved(asset.size)
      checkHead(response, 200, protocol)
      await checkBody(response.body, asset, moved)
    },
  }
}

/** The body is a stream of unknown length: HTTP/1.1 sends it in chunks. */
function streamingPost(asset: Asset): Case {
  return {
    name: `POST ${asset.label}`,
    timeout: asset === hugeAsset ? huge : long,
    async run({ url, client, protocol, moved }) {
      const body = ReadableStream.from(counted(assetChunks(asset.size), moved))
      const response = await client.fetch(`${url}/echo`, { method: 'POST', body, duplex: 'half' })
      checkHead(response, 200, protocol)
      await checkBody(response.body, asset, moved)
    },
  }
}

/** The origin says what it got. */
function digestPost(asset: Asset): Case {
  return {
    name: `POST ${asset.label} for its digest`,
    timeout: timeoutFor(asset),
    async run({ url, client, protocol, moved }) {
      const body = counted(assetChunks(asset.size), moved)
      const headers = { 'x-echo-digest': '1', 'content-length': String(asset.size) }
      const response = await client.request(`${url}/echo`, { method: 'POST', headers, body })
      checkHead(response, 200, protocol)
      const parts: Uint8Array[] = []
      for await (const chunk of response.body) parts.push(chunk)
      assert.equal(Buffer.concat(parts).toString(), asset.sha256, 'the origin got other bytes')
    },
  }
}

/** The second half of the upload waits for the answer to the first: both directions must flow at once. */
function duplexPost(asset: Asset): Case {
  return {
    name: `POST ${asset.label} duplex`,
    timeout: short,
    async run({ url, client, protocol, moved }) {
      const bytes = assetBytes(asset.size)
      const answered = Promise.withResolvers<void>()
      const upload = async function* () {
        yield bytes.subarray(0, asset.size / 2)
        await answered.promise
        yield bytes.subarray(asset.size / 2)
      }
      const headers = { 'x-echo-at-once': String(asset.size) }
      const response = await client.request(`${url}/echo`, { method: 'POST', headers, body: upload() })
      checkHead(response, 200, protocol)
      await checkBody(response.body, asset, (size) => {
        moved(2 * size)
        answered.resolve()
      })
    },
  }
}

function concurrentGets(asset: Asset): Case {
  return {
    name: `${concurrency} concurrent GETs`,
    timeout: long,
    async run({ url, createClient, protocol, moved }) {
      const client = createClient()
      try {
        const one = async () => {
          const response = await client.fetch(`${url}/${asset.name}`)
          checkHead(response, 200, protocol)
          await checkBody(response.body, asset, moved)
        }
        await Promise.all(Array.from({ length: concurrency }, one))
        const { dials } = client.stats()
        if (protocol === 'h2') assert.equal(dials, 1, `${dials} connections were made, not 1`)
        else assert.ok(dials <= http1Sockets, `${dials} connections were made, more than ${http1Sockets}`)
      } finally {
        await client.close()
      }
    },
  }
}

/** A connection after the first one is closed resumes its TLS session; and so does the one after that. */
function resumption(): Case {
  return {
    name: 'resumption',
    timeout: short,
    async run({ url, createClient, moved }) {
      const resumed: boolean[] = []
      for (let connection = 0; connection < 3; connection++) {
        const client = createClient()
        const response = await client.fetch(`${url}/${assets.byte.name}`)
        await checkBody(response.body, assets.byte, moved)
        resumed.push(response.timings.resumed)
        const seen = response.headers.get('x-tls-resumed')
        if (seen !== null)
          assert.equal(says(seen), response.timings.resumed, `the server says resumed: ${seen}`)
        await client.close()
      }
      assert.deepEqual(resumed, [false, true, true], `of three connections, resumed: ${resumed.join(', ')}`)
    },
  }
}

/** How nginx, Caddy, HAProxy and Apache say yes. */
function says(resumed: string): boolean {
  return /^(r|true|1|Resumed)$/.test(resumed)
}

/** More requests than the server takes on one connection: it ends several of them, and no request notices. */
function rollover(asset: Asset): Case {
  return {
    name: `${rolloverRequests} GETs while the server ends connections`,
    timeout: long,
    needsReplay: true,
    async run({ url, createClient, protocol, moved }) {
      const client = createClient()
      try {
        let left = rolloverRequests
        const worker = async () => {
          while (left-- > 0) {
            const response = await client.fetch(`${url}/${asset.name}`)
            checkHead(response, 200, protocol)
            await checkBody(response.body, asset, moved)
          }
        }
        const workers = rolloverWorkers[protocol]
        await Promise.all(Array.from({ length: workers }, worker))
        const { dials } = client.stats()
        assert.ok(
          dials > (protocol === 'h2' ? 1 : workers),
          `the server ended no connection; ${dials} were made`,
        )
      } finally {
        await client.close()
      }
    },
  }
}

function checkHead(response: { status: number; protocol: string }, status: number, protocol: Protocol): void {
  assert.equal(response.status, status, `the status is ${response.status}, not ${status}`)
  assert.equal(response.protocol, protocol, `it came over ${response.protocol}, not ${protocol}`)
}

async function checkBody(
  body: AsyncIterable<Uint8Array> | null,
  asset: Asset,
  moved: (bytes: number) => void,
): Promise<void> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of body ?? []) {
    hash.update(chunk)
    size += chunk.byteLength
    moved(chunk.byteLength)
  }
  assert.equal(size, asset.size, `${size} bytes came, not ${asset.size}`)
  assert.equal(hash.digest('hex'), asset.sha256, `${size} bytes came, but not the right ones`)
}

function* counted(chunks: Iterable<Uint8Array>, moved: (bytes: number) => void): Generator<Uint8Array> {
  for (const chunk of chunks) {
    moved(chunk.byteLength)
    yield chunk
  }
}
