/** The AWS SDK over a 20 ms link: with its own handler, and with its fetch handler over our `fetch`. */
import { setDefaultCACertificates } from 'node:tls'
import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import { createClient } from '../src/index.ts'
import { bytes, ms, round } from './support/format.ts'
import { finish, note, table, title } from './support/print.ts'
import { startRelay } from './support/relay.ts'
import { type Handler, startServer } from './support/server.ts'

const ITEMS = 40
const ONE_WAY_MS = 10

/** A table in memory. It takes every signature. */
const items = new Map<string, unknown>()
const dynamoDb: Handler = async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  const { Item, Key } = JSON.parse(text)
  const isPut = String(request.headers['x-amz-target']).endsWith('.PutItem')
  if (isPut) items.set(Item.id.S, Item)
  response.setHeader('content-type', 'application/x-amz-json-1.0')
  response.end(JSON.stringify(isPut ? {} : { Item: items.get(Key.id.S) }))
}

interface Round {
  readonly time: number
  readonly connections: number
  readonly sent: number
  readonly intact: boolean
}

/** Writes all items at once, then reads them at once. */
async function run(options: DynamoDBClientConfig): Promise<Round> {
  const server = await startServer(dynamoDb)
  const link = await startRelay(server, { delay: ONE_WAY_MS })
  setDefaultCACertificates([server.ca])
  const sdk = new DynamoDBClient({
    endpoint: link.origin,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'example', secretAccessKey: 'example' },
    ...options,
  })
  const keys = Array.from({ length: ITEMS }, (_, index) => `item-${index}`)
  const startedAt = performance.now()
  await Promise.all(
    keys.map((id) => sdk.send(new PutItemCommand({ TableName: 'things', Item: { id: { S: id } } }))),
  )
  const read = await Promise.all(
    keys.map((id) => sdk.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: id } } }))),
  )
  const time = performance.now() - startedAt
  sdk.destroy()
  await link.close()
  await server.close()
  const intact = read.every(({ Item }, index) => Item?.id?.S === keys[index])
  return { time, connections: server.seen.connections, sent: link.bytes.up, intact }
}

title(
  'AWS SDK',
  `${ITEMS} items written at once, then read at once, over a link of ${2 * ONE_WAY_MS} ms round trip.`,
)
const client = createClient()
const ownHandler = {}
const ourHandler = { requestHandler: new FetchHttpHandler({ customFetch: client.fetch }) }
// Once without looking, so that neither pays for what is compiled and loaded at first.
await run(ownHandler)
await run(ourHandler)
const own = await run(ownHandler)
const ours = await run(ourHandler)
await client.close()

table(
  ['handler', 'connections', 'time', 'sent'],
  [
    ["the SDK's own, HTTP/1.1", own.connections, ms(own.time), bytes(own.sent)],
    ['fetch handler, ours, HTTP/2', ours.connections, ms(ours.time), bytes(ours.sent)],
  ],
)
note(
  'Same SDK, same signatures, same answers: only the handler differs.',
  'The first opens a connection for each call in progress; the second needs only one.',
  'Where a service has no HTTP/2, as is the case for many at AWS, it falls back to HTTP/1.1.',
)
finish({
  items: ITEMS,
  intact: own.intact && ours.intact,
  own: { connections: own.connections, timeMs: round(own.time) },
  ours: { connections: ours.connections, timeMs: round(ours.time) },
})
