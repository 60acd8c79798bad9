/** A service for Connect and gRPC, described in code instead of by generated files. */
import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type Message,
} from '@bufbuild/protobuf'
import { FieldDescriptorProto_Type, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { ConnectRouter, HandlerContext } from '@connectrpc/connect'

export interface Note extends Message {
  readonly text: string
  readonly count: number
}

const method = { inputType: '.example.Note', outputType: '.example.Note' }
const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'counter.proto',
    package: 'example',
    syntax: 'proto3',
    messageType: [
      {
        name: 'Note',
        field: [
          { name: 'text', number: 1, type: FieldDescriptorProto_Type.STRING, jsonName: 'text' },
          { name: 'count', number: 2, type: FieldDescriptorProto_Type.INT32, jsonName: 'count' },
        ],
      },
    ],
    service: [
      {
        name: 'Counter',
        method: [
          { ...method, name: 'Length' },
          { ...method, name: 'CountTo', serverStreaming: true },
          { ...method, name: 'Chat', clientStreaming: true, serverStreaming: true },
        ],
      },
    ],
  }),
  () => undefined,
)

const NoteSchema = registry.getMessage('example.Note') as DescMessage
export const Counter = registry.getService('example.Counter') as DescService

export function noteOf(init: { text?: string; count?: number }): Note {
  return create(NoteSchema, init as Record<string, unknown>) as Note
}

/** What a client of it looks like; generated code would say so. */
export interface CounterClient {
  length(note: Note, options?: { timeoutMs?: number }): Promise<Note>
  countTo(note: Note, options?: { onTrailer?: (trailers: Headers) => void }): AsyncIterable<Note>
  chat(notes: AsyncIterable<Note>): AsyncIterable<Note>
}

export function counterRoutes(router: ConnectRouter): void {
  const implementation = {
    /** Text `slow` takes longer than anybody waits. */
    async length({ text }: Note) {
      if (text === 'slow') await new Promise((resolve) => setTimeout(resolve, 500))
      return noteOf({ count: text.length })
    },
    async *countTo({ count }: Note, context: HandlerContext) {
      context.responseTrailer.set('x-counted', String(count))
      for (let n = 1; n <= count; n += 1) yield noteOf({ count: n })
    },
    async *chat(notes: AsyncIterable<Note>) {
      for await (const { text } of notes) yield noteOf({ text: text.toUpperCase() })
    },
  }
  router.service(Counter, implementation as never)
}
