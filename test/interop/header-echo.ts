/**
 * Many requests with headers that repeat, change and are pushed out of HPACK's table: whatever decoder the server has,
 * the origin behind it must get the fields as they were sent.
 */
import assert from 'node:assert/strict'
import type { Case } from './matrix.ts'

const REQUESTS = 400
/** At once: the blocks of one connection follow each other closely, and all of them shape its table. */
const WORKERS = 20
const SEED = 541

/** A field name without what a proxy may take for its own business; HAProxy lets 101 fields through, nginx 32 KiB. */
const NAMES = Array.from(
  { length: 24 },
  (_, at) => `x-interop-${'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + (at % 9))}${at}`,
)

/** Visible ASCII and spaces inside: what every server hands on as it came. */
const VISIBLE = Array.from({ length: 0x7f - 0x21 }, (_, at) => String.fromCharCode(0x21 + at)).join('')

/** Numbers from 0 to 1 that a seed repeats (xorshift). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

type Random = () => number

function pick<T>(random: Random, items: readonly T[] | string): T {
  return items[Math.floor(random() * items.length)] as T
}

function textOf(random: Random, length: number): string {
  const middle = Array.from({ length }, () => (random() < 0.05 ? ' ' : pick<string>(random, VISIBLE))).join(
    '',
  )
  return `<${middle}>`
}

/** Short, long, numbers, and now and then one of half a table. */
function randomValue(random: Random): string {
  const kind = random()
  if (kind < 0.3) return String(Math.floor(random() * 1e9))
  if (kind < 0.95) return textOf(random, Math.floor(random() * 60))
  return textOf(random, 2000)
}

function fieldsOf(random: Random, known: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let count = Math.floor(random() * 10); count >= 0; count -= 1) {
    fields[pick<string>(random, NAMES)] = random() < 0.6 ? pick<string>(random, known) : randomValue(random)
  }
  if (random() < 0.5)
    fields.cookie = `session=${pick<string>(random, known).replace(/[^a-z0-9]/gi, '')}; theme=dark`
  if (random() < 0.3) fields.authorization = `Bearer ${Math.floor(random() * 1e9)}`
  return fields
}

export const headerEchoes: Case = {
  name: `${REQUESTS} requests with random headers`,
  timeout: 30_000,
  async run({ url, client }) {
    const random = randomOf(SEED)
    const known = Array.from({ length: 12 }, () => randomValue(random))
    let left = REQUESTS
    const worker = async () => {
      while (left-- > 0) await check(url, client, fieldsOf(random, known))
    }
    await Promise.all(Array.from({ length: WORKERS }, worker))
  },
}

async function check(
  url: string,
  client: Parameters<Case['run']>[0]['client'],
  fields: Record<string, string>,
): Promise<void> {
  const response = await client.request(`${url}/echo`, { headers: { ...fields, 'x-echo-headers': '1' } })
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  assert.equal(response.status, 200, `the status is ${response.status}, not 200`)
  const raw = JSON.parse(Buffer.concat(chunks).toString()) as string[]
  const came: Record<string, string> = {}
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    if (!(name in fields)) continue
    // Crumbs that the server did not put together again (RFC 9113 section 8.2.3).
    came[name] = name in came ? `${came[name]}; ${raw[index + 1]}` : (raw[index + 1] as string)
  }
  assert.deepEqual(came, fields)
}
