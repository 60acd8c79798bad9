/** Fifty WebSockets beside requests, on one connection; and the same where the server has no extended CONNECT. */
import { createClient } from '../src/index.ts'
import { type ChatServer, startChatServer } from './support/chat-server.ts'
import { ms } from './support/format.ts'
import { finish, note, table, title } from './support/print.ts'

const MEMBERS = 50

interface Meeting {
  /** Messages that arrived. */
  readonly heard: number
  readonly connections: number
  readonly protocols: string
  readonly timeMs: number
}

/** Everybody comes in, says one thing, and hears what everybody says. */
async function meet(server: ChatServer): Promise<Meeting> {
  const client = createClient({ tls: { ca: server.ca } })
  const startedAt = performance.now()
  const sockets = await Promise.all(
    Array.from({ length: MEMBERS }, () => client.websocket(`${server.origin}/chat`)),
  )
  const openMs = performance.now() - startedAt
  let heard = 0
  const all = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        let left = MEMBERS
        socket.on('message', () => {
          heard += 1
          left -= 1
          if (left === 0) resolve()
        })
      }),
  )
  for (const [index, socket] of sockets.entries()) socket.send(`number ${index} says hello`)
  // A request goes beside them.
  await (await client.fetch(server.origin)).text()
  await Promise.all(all)
  const spoken = client
    .stats()
    .origins.flatMap(({ connections }) => connections.map(({ protocol }) => protocol))
  await client.close()
  return {
    heard,
    connections: server.connections,
    protocols: [...new Set(spoken)].join(' and '),
    timeMs: openMs,
  }
}

title('WebSockets', `${MEMBERS} members of a chat; each hears ${MEMBERS} messages.`)
const modern = await startChatServer(true)
const older = await startChatServer(false)
const overHttp2 = await meet(modern)
const upgraded = await meet(older)
await Promise.all([modern.close(), older.close()])

const row = (name: string, { heard, connections, protocols, timeMs }: Meeting) => [
  name,
  heard,
  connections,
  protocols,
  ms(timeMs),
]
table(
  ['server', 'messages', 'connections', 'spoken', 'until all are in'],
  [row('with extended CONNECT', overHttp2), row('without', upgraded)],
)
note(
  'With extended CONNECT a WebSocket is one stream of the existing session.',
  'Without it, each WebSocket takes its own HTTP/1.1 connection; the code is the same.',
)
const figures = ({ heard, connections, protocols }: Meeting) => ({ heard, connections, protocols })
finish({ http2: figures(overHttp2), upgraded: figures(upgraded) })
