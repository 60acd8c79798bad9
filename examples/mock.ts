/** A program that calls an API, and its test: no server, no waiting, every failure on demand. */
import type { Client } from '../src/index.ts'
import { MockClock, MockError, mockClient } from '../src/integrations/mock/index.ts'
import { finish, good, note, title } from './support/print.ts'

const API = 'https://api.example.com'

/** What is tested: reads a user; a user who cannot be had is a guest. */
async function greet(client: Client, id: number): Promise<string> {
  try {
    const response = await client.fetch(`${API}/users/${id}`, {
      retry: { statuses: [503], baseDelay: 1, limit: 2 },
    })
    if (!response.ok) return `Hello guest (${response.status})`
    return `Hello ${((await response.json()) as { name: string }).name}`
  } catch (error) {
    if (error instanceof MockError) throw error
    return 'Hello guest'
  }
}

const clock = new MockClock()
const { client, mock } = mockClient({}, { clock })
mock.on('GET', `${API}/users/1`).reply({ json: { name: 'Ada' } })
mock
  .on('GET', `${API}/users/2`)
  .reply({ status: 503 }, { json: { name: 'Bob' } })
  .times(2)
mock.on('GET', `${API}/users/3`).reply({ error: 'ERR_TRUNKLINE_CONNECT_FAILED' })
mock.on('GET', `${API}/users/4`).reply({ body: ['{ "na'], breaksWith: 'ERR_TRUNKLINE_CONNECTION_LOST' })
mock.on('GET', `${API}/users/:id`).reply({ delay: 3_600_000, json: { name: 'Eve' } })

title('A mock instead of the network')
const answers: string[] = []
const see = (what: string, answer: string) => {
  answers.push(answer)
  console.log(`  ${good('✓')} ${what.padEnd(36)} ${answer}`)
}
see('an answer', await greet(client, 1))
see('503 once, then an answer', await greet(client, 2))
see('nobody there', await greet(client, 3))
see('a body that breaks off', await greet(client, 4))
const startedAt = performance.now()
const slow = greet(client, 5)
await clock.advance(3_600_000)
see('an answer after an hour', await slow)
const waited = performance.now() - startedAt
mock.assertDone()
const calls = mock.calls.length

const miss = await client.fetch(`${API}/user/7`).then(
  () => '',
  (error: Error) => error.message,
)
console.log(`\n${miss.replace(/^/gm, '    ')}`)
await client.close()
note(
  'Retries, redirects and decoding are the real ones: only the network is replaced.',
  'An unexpected call fails, and the message shows the nearest routes.',
)
finish({ answers, calls, quick: waited < 5_000, strict: miss.includes('The nearest') })
