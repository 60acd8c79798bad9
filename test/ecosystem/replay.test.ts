/**
 * A server that goes away says with GOAWAY which requests it did not process. They are sent again, POST or not, and
 * the library above is not asked: each of them has its own retries off here.
 */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { Octokit } from '@octokit/core'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import axios from 'axios'
import ky from 'ky'
import { createFetch } from 'ofetch'
import OpenAI from 'openai'
import { createClient, MemoryTlsSessionStore } from 'trunkline'
import { ChaosServer } from 'trunkline/testing'
import { afterEach, describe, expect } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import { laneTest } from './support/pending.ts'
import type { Fetch } from './support/stand.ts'

const { ca, localhost } = await ensureCertificates()
const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** Sends one POST with a small body. */
const posts: Readonly<Record<string, (fetch: Fetch, origin: string) => Promise<unknown>>> = {
  fetch: (fetch, origin) => fetch(origin, { method: 'POST', body: 'x' }).then((response) => response.text()),
  'fetch with a Request': (fetch, origin) =>
    fetch(new Request(origin, { method: 'POST', body: 'x' })).then((response) => response.text()),
  ky: (fetch, origin) => ky.post(origin, { fetch, json: { n: 1 }, retry: 0 }).text(),
  openai: (fetch, origin) =>
    new OpenAI({ apiKey: 'key', baseURL: origin, fetch, maxRetries: 0 }).post('/', { body: { n: 1 } }),
  octokit: (fetch, origin) =>
    new Octokit({ baseUrl: origin, request: { fetch } }).request('POST /', { n: 1 }),
  ofetch: (fetch, origin) => createFetch({ fetch })(origin, { method: 'POST', body: { n: 1 } }),
  axios: (fetch, origin) => axios.create({ adapter: 'fetch', env: { fetch } }).post(origin, { n: 1 }),
  'the AWS SDK': (fetch, endpoint) => {
    const requestHandler = new FetchHttpHandler({ customFetch: fetch })
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const options = { endpoint, region: 'eu-central-1', credentials, requestHandler, maxAttempts: 1 }
    return new DynamoDBClient(options).send(new PutItemCommand({ TableName: 't', Item: { id: { S: '1' } } }))
  },
}

describe('a POST that meets GOAWAY is sent again by', () => {
  for (const [name, post] of Object.entries(posts)) {
    laneTest({ name: 'ours, h2', whose: 'ours', protocol: 'h2' }, name, async () => {
      const { cert, key } = localhost
      const respond = () => ({ headers: { 'content-type': 'application/json' }, body: '{}' })
      const faults = [{ kind: 'goaway', atStream: 1 }] as const
      const server = cleanup.add(await ChaosServer.listen({ cert, key, faults, respond }))
      const client = cleanup.add(createClient({ tls: { ca }, tlsSessions: new MemoryTlsSessionStore() }))
      await post(client.fetch, server.origin)
      expect(server.counts).toMatchObject({ requests: 2, processed: 1, http2Connections: 2 })
    })
  }
})
