/** Connect, gRPC and gRPC-Web over one session: calls, streams of either side, trailers, a deadline. */
import { Code, ConnectError, createClient as createRpcClient } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { createClient } from '../src/index.ts'
import { createTransport, gzip, type RpcProtocol } from '../src/integrations/connect/index.ts'
import { Counter, type CounterClient, counterRoutes, noteOf } from './support/counter-service.ts'
import { finish, note, table, title } from './support/print.ts'
import { type Handler, startServer } from './support/server.ts'

const server = await startServer(connectNodeAdapter({ routes: counterRoutes }) as Handler)
const client = createClient({ tls: { ca: server.ca } })

interface Findings {
  readonly protocol: RpcProtocol
  readonly calls: number
  readonly streamed: number
  readonly trailer: string | null
  readonly echoed: string
  readonly deadline: string
}

async function* words(): AsyncGenerator<ReturnType<typeof noteOf>> {
  for (const text of ['tea', 'please']) yield noteOf({ text })
}

async function explore(protocol: RpcProtocol): Promise<Findings> {
  const transport = createTransport(client, { baseUrl: server.origin, protocol, sendCompression: gzip })
  const counter = createRpcClient(Counter, transport) as unknown as CounterClient
  const lengths = await Promise.all(
    Array.from({ length: 30 }, (_, index) => counter.length(noteOf({ text: 'x'.repeat(index) }))),
  )
  let trailer: string | null = null
  let streamed = 0
  const onTrailer = (trailers: Headers) => {
    trailer = trailers.get('x-counted')
  }
  for await (const { count } of counter.countTo(noteOf({ count: 1000 }), { onTrailer })) streamed = count
  const echoed: string[] = []
  for await (const { text } of counter.chat(words())) echoed.push(text)
  const deadline = await counter.length(noteOf({ text: 'slow' }), { timeoutMs: 50 }).then(
    () => 'kept',
    (error: unknown) => (error instanceof ConnectError ? (Code[error.code] ?? '') : 'another error'),
  )
  const calls = lengths.filter(({ count }, index) => count === index).length
  return { protocol, calls, streamed, trailer, echoed: echoed.join(' '), deadline }
}

title('RPCs', '30 calls at once, a stream of 1,000 messages, one both ways, and a call that takes too long.')
const findings: Findings[] = []
for (const protocol of ['connect', 'grpc', 'grpc-web'] as const) findings.push(await explore(protocol))
table(
  ['protocol', 'calls', 'streamed', 'trailer', 'both ways', 'deadline'],
  findings.map(({ protocol, calls, streamed, trailer, echoed, deadline }) => [
    protocol,
    calls,
    streamed,
    trailer ?? '-',
    echoed,
    deadline,
  ]),
)
const { dials } = client.stats()
await client.close()
await server.close()
note(
  `All of it went over ${dials} connection.`,
  'gRPC needs trailers, which the global fetch does not have; here they come with the stream.',
)
finish({ findings, dials })
