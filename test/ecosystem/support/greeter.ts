/** A service for Connect, described in code instead of by generated files. */
import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type Message,
} from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
} from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect'
import { sleep } from '../../support/wait-for.ts'

export interface Greeting extends Message {
  readonly text: string
  readonly count: number
}

const { OPTIONAL } = FieldDescriptorProto_Label
const { INT32, STRING } = FieldDescriptorProto_Type
const field = (name: string, number: number, type: FieldDescriptorProto_Type) => ({
  name,
  number,
  type,
  label: OPTIONAL,
  jsonName: name,
})
const method = { inputType: '.test.Greeting', outputType: '.test.Greeting' }

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'greeter.proto',
    package: 'test',
    syntax: 'proto3',
    messageType: [{ name: 'Greeting', field: [field('text', 1, STRING), field('count', 2, INT32)] }],
    service: [
      {
        name: 'Greeter',
        method: [
          {
            ...method,
            name: 'Greet',
            options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS },
          },
          { ...method, name: 'Count', serverStreaming: true },
          { ...method, name: 'Sum', clientStreaming: true },
          { ...method, name: 'Chat', clientStreaming: true, serverStreaming: true },
        ],
      },
    ],
  }),
  () => undefined,
)

export const GreetingSchema = registry.getMessage('test.Greeting') as DescMessage
export const Greeter = registry.getService('test.Greeter') as DescService

export function greeting(init: { text?: string; count?: number }): Greeting {
  return create(GreetingSchema, init as Record<string, unknown>) as Greeting
}

export interface GreeterLog {
  /** Streams whose reader went away. */
  abandoned: number
  /** HTTP methods, in order. */
  readonly methods: string[]
}

/**
 * `Greet` echoes; text `refuse` is an error with details in its metadata, `slow` waits for the deadline.
 * `Sum` adds the counts of a stream up; `Chat` echoes each message as it comes. `Count` streams `count` greetings, without end if that is 0; text `fail` fails after two.
 */
export function greeterRoutes(log: GreeterLog): (router: ConnectRouter) => void {
  const greet = async (request: Greeting, context: HandlerContext) => {
    log.methods.push(context.requestMethod)
    context.responseHeader.set('x-head', String(context.requestHeader.get('x-caller')))
    context.responseTrailer.set('x-tail', 'there')
    if (request.text === 'refuse')
      throw new ConnectError('not like that', Code.InvalidArgument, { 'x-detail': 'why' })
    if (request.text === 'slow') await sleep(300)
    return greeting({ text: `Hello ${request.text}`, count: request.count + 1 })
  }
  async function* count(request: Greeting, context: HandlerContext) {
    context.responseTrailer.set('x-tail', 'there')
    context.signal.addEventListener('abort', () => {
      log.abandoned += 1
    })
    for (let n = 1; request.count === 0 || n <= request.count; n += 1) {
      if (context.signal.aborted) return
      if (request.text === 'fail' && n === 3) throw new ConnectError('enough', Code.ResourceExhausted)
      yield greeting({ text: 'x'.repeat(n % 7), count: n })
      if (n % 10 === 0) await sleep(1)
    }
  }
  const sum = async (requests: AsyncIterable<Greeting>) => {
    let total = 0
    for await (const request of requests) total += request.count
    return greeting({ text: 'sum', count: total })
  }
  async function* chat(requests: AsyncIterable<Greeting>, context: HandlerContext) {
    context.responseHeader.set('x-head', String(context.requestHeader.get('x-caller')))
    context.responseTrailer.set('x-tail', 'there')
    for await (const request of requests) yield greeting({ text: `you said ${request.text}` })
  }
  return (router) => router.service(Greeter, { greet, count, sum, chat } as never)
}
