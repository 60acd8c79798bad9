/**
 * As much of DynamoDB as the tests ask for: one table, in memory. Every request's signature is checked, which shows
 * that path, body and signed headers arrive as the SDK made them.
 */
import { createHash, createHmac } from 'node:crypto'
import { readBody, type ServerReply, type ServerRequest } from '../../support/servers.ts'
import { sleep } from '../../support/wait-for.ts'
import { json } from './http.ts'

export const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' } as const
export const region = 'eu-central-1'

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>
interface Command {
  readonly Item?: Item
  readonly Key?: Item
  readonly TableName?: string
  readonly Limit?: number
  readonly ExclusiveStartKey?: Item
}

export interface DynamoLog {
  /** Operations, in order. */
  readonly asked: string[]
  /** `content-length` of each. */
  readonly lengths: (string | undefined)[]
}

export function dynamoDbApi(): {
  log: DynamoLog
  handler(request: ServerRequest, response: ServerReply): unknown
} {
  const log: DynamoLog = { asked: [], lengths: [] }
  const items = new Map<string, Item>()
  const handler = async (request: ServerRequest, response: ServerReply) => {
    const body = await readBody(request)
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    log.asked.push(operation)
    log.lengths.push(request.headers['content-length'])
    if (signatureOf(request, body) !== signatureIn(request))
      return failure(response, 'InvalidSignatureException', 'The signature does not match.')
    const command = JSON.parse(body.toString()) as Command
    if (command.TableName === 'missing')
      return failure(response, 'ResourceNotFoundException', 'There is no such table.')
    if (command.TableName === 'slow') await sleep(200)
    if (command.TableName === 'busy' && log.asked.length === 1)
      return failure(response, 'ProvisionedThroughputExceededException', 'Slow down.')
    answer(response, run(operation, command, items))
  }
  return { log, handler }
}

function run(operation: string, command: Command, items: Map<string, Item>): unknown {
  const idOf = (item: Item | undefined) => item?.id?.S ?? ''
  switch (operation) {
    case 'PutItem':
      items.set(idOf(command.Item), command.Item ?? {})
      return {}
    case 'GetItem':
      return { Item: items.get(idOf(command.Key)) }
    case 'Scan': {
      const all = [...items.values()]
      const start = all.findIndex((item) => idOf(item) === idOf(command.ExclusiveStartKey)) + 1
      const page = all.slice(start, start + (command.Limit ?? all.length))
      const more = start + page.length < all.length
      return { Items: page, ...(more && { LastEvaluatedKey: { id: page.at(-1)?.id } }) }
    }
    default:
      return {}
  }
}

function answer(response: ServerReply, value: unknown): void {
  response.setHeader('x-amzn-requestid', 'REQUEST-1')
  json(response, 200, value, { 'content-type': 'application/x-amz-json-1.0' })
}

function failure(response: ServerReply, name: string, message: string): void {
  const type = `com.amazonaws.dynamodb.v20120810#${name}`
  json(response, 400, { __type: type, message }, { 'content-type': 'application/x-amz-json-1.0' })
}

function signatureIn(request: ServerRequest): string | undefined {
  return /Signature=([0-9a-f]+)/.exec(String(request.headers.authorization))?.[1]
}

/** AWS Signature Version 4, of what came. */
function signatureOf(request: ServerRequest, body: Buffer): string {
  const { authorization, 'x-amz-date': time } = request.headers
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(String(authorization)) ?? []
  const valueFor = (name: string) =>
    String(name === 'host' ? (request.headers[':authority'] ?? request.headers.host) : request.headers[name])
  const headers = names.split(';').map((name) => `${name}:${valueFor(name).trim()}\n`)
  const canonical = [request.method, request.url, '', headers.join(''), names, sha256(body)].join('\n')
  const day = String(time).slice(0, 8)
  const scope = `${day}/${region}/dynamodb/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, 'dynamodb', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
