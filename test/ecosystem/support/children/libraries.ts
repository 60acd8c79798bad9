/**
 * A program that knows of no client but the libraries it uses, each as it is by default: with the global `fetch`.
 * Prints what each of them answered, as one line of JSON.
 */

import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { Octokit } from '@octokit/core'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import axios from 'axios'
import ky from 'ky'
import { ofetch } from 'ofetch'
import OpenAI from 'openai'
import { collect } from '../collect.ts'
import { credentials, region } from '../dynamodb-api.ts'
import { Greeter, type Greeting, greeting } from '../greeter.ts'

const [origin = ''] = process.argv.slice(2)

async function dynamoDb(): Promise<unknown> {
  const client = new DynamoDBClient({
    endpoint: origin,
    region,
    credentials,
    requestHandler: new FetchHttpHandler(),
  })
  const id = { S: 'seven' }
  await client.send(new PutItemCommand({ TableName: 'things', Item: { id, n: { N: '7' } } }))
  return (await client.send(new GetItemCommand({ TableName: 'things', Key: { id } }))).Item
}

async function openai(): Promise<unknown> {
  const api = new OpenAI({ apiKey: 'key', baseURL: `${origin}/v1` })
  const messages = [{ role: 'user' as const, content: 'one two' }]
  const stream = await api.chat.completions.create({ model: 'small', messages, stream: true })
  const chunks = await collect(stream)
  const file = new File(['hello'], 'hello.txt', { type: 'text/plain' })
  const { filename, bytes } = await api.files.create({ file, purpose: 'assistants' })
  return [chunks.map(({ choices }) => choices[0]?.delta.content), filename, bytes]
}

async function connect(): Promise<unknown> {
  const client = createClient(Greeter, createConnectTransport({ baseUrl: origin })) as unknown as {
    count(request: Greeting): AsyncIterable<Greeting>
  }
  return (await collect(client.count(greeting({ count: 3 })))).map(({ count }) => count)
}

const answers = {
  fetch: await fetch(`${origin}/bytes/10`).then(async (response) => (await response.bytes()).length),
  ky: await ky.post(`${origin}/upload`, { json: { n: 1 } }).json<{ length: number }>(),
  ofetch: await ofetch(`${origin}/upload`, { method: 'POST', body: { n: 1 } }),
  axios: (await axios.post(`${origin}/upload`, { n: 1 }, { adapter: 'fetch' })).data,
  octokit: (await new Octokit({ baseUrl: origin }).request('POST /upload', { n: 1 })).data,
  openai: await openai(),
  dynamoDb: await dynamoDb(),
  connect: await connect(),
}
console.log(JSON.stringify(answers))
