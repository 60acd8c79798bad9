/** Ours goes wherever a library, or the platform's types, ask for a `fetch`: without a cast. */
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { Octokit } from '@octokit/core'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import axios from 'axios'
import ky from 'ky'
import { createFetch } from 'ofetch'
import OpenAI from 'openai'
import { type Client, fetch } from 'trunkline'

const platform: typeof globalThis.fetch = fetch
void platform

declare const client: Client
for (const each of [fetch, client.fetch]) {
  void ky.create({ fetch: each })
  void new OpenAI({ fetch: each })
  void new FetchHttpHandler({ customFetch: each })
  void new Octokit({ request: { fetch: each } })
  void createConnectTransport({ baseUrl: '', fetch: each })
  void createGrpcWebTransport({ baseUrl: '', fetch: each })
  void createFetch({ fetch: each })
  void axios.create({ adapter: 'fetch', env: { fetch: each } })
}
