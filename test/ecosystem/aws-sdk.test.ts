/** The AWS SDK signs what it sends; its fetch handler hands over a `Request` and asks the platform for keepalive. */

import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import { describe, expect, test } from 'vitest'
import { collect } from './support/collect.ts'
import { credentials, type DynamoLog, dynamoDbApi, region } from './support/dynamodb-api.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()

describe.each(lanes)('the AWS SDK over $name', (lane) => {
  async function open(
    config: DynamoDBClientConfig = {},
  ): Promise<{ client: DynamoDBClient; log: DynamoLog }> {
    const { log, handler } = dynamoDbApi()
    const { fetch, origin } = await stand.open(lane, handler)
    const client = new DynamoDBClient({
      endpoint: origin,
      region,
      credentials,
      requestHandler: new FetchHttpHandler({ customFetch: fetch, keepAlive: true }),
      ...config,
    })
    return { client, log }
  }

  test('an item, written and read: signatures hold, and the length is said', async () => {
    const { client, log } = await open()
    const item = { id: { S: 'naïve ☃' }, n: { N: '7' } }
    await client.send(new PutItemCommand({ TableName: 'things', Item: item }))
    const read = await client.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: 'naïve ☃' } } }))
    expect(read.Item).toEqual(item)
    expect(read.$metadata).toMatchObject({ httpStatusCode: 200, requestId: 'REQUEST-1', attempts: 1 })
    expect(log.lengths).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)])
  })

  test('pages of a scan, and requests side by side', async () => {
    const { client } = await open()
    const puts = Array.from({ length: 25 }, (_, n) =>
      client.send(new PutItemCommand({ TableName: 'things', Item: { id: { S: `${n}` } } })),
    )
    await Promise.all(puts)
    const pages = await collect(paginateScan({ client, pageSize: 10 }, { TableName: 'things' }))
    expect(pages.map(({ Items }) => Items?.length)).toEqual([10, 10, 5])
  })

  test('errors of the service, by their class', async () => {
    const { client } = await open()
    const error = await rejection(client.send(new GetItemCommand({ TableName: 'missing', Key: {} })))
    expect(error).toBeInstanceOf(ResourceNotFoundException)
    expect(error).toMatchObject({ message: 'There is no such table.', $metadata: { httpStatusCode: 400 } })
  })

  test('a wrong key is found out: the check of signatures checks', async () => {
    const { client } = await open({ credentials: { ...credentials, secretAccessKey: 'guess' } })
    expect(await rejection(client.send(new ListTablesCommand({})))).toMatchObject({
      name: 'InvalidSignatureException',
    })
  })

  test('its own attempts, when the service is busy', async () => {
    const { client, log } = await open({ maxAttempts: 2 })
    const put = await client.send(new PutItemCommand({ TableName: 'busy', Item: { id: { S: '1' } } }))
    expect(put.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 2 })
    expect(log.asked).toEqual(['PutItem', 'PutItem'])
  })

  test('its time limit, and an abort', async () => {
    const { client } = await open({ maxAttempts: 1 })
    const command = () => new GetItemCommand({ TableName: 'slow', Key: { id: { S: '1' } } })
    // The handler stops waiting, and does not abort the request.
    const late = rejection(client.send(command(), { requestTimeout: 30 }))
    expect(await late).toMatchObject({ name: 'TimeoutError' })
    const controller = new AbortController()
    const pending = client.send(command(), { abortSignal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect(await rejection(pending)).toMatchObject({ name: 'AbortError' })
  })

  test('nobody there', async () => {
    const { fetch } = await stand.open(lane)
    const client = new DynamoDBClient({
      endpoint: 'https://localhost:2',
      region,
      credentials,
      maxAttempts: 1,
      requestHandler: new FetchHttpHandler({ customFetch: fetch }),
    })
    const error = await rejection(client.send(new ListTablesCommand({})))
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' })
  })
})
