/**
 * What one runtime can do with the built package: started by run.ts in Node, Bun or Deno, with the address of servers
 * that run in Node. Prints a line of JSON for each case: `{ name, ok, detail }`.
 *
 * Plain JavaScript on purpose: no runtime has to strip types, and nothing but the package is loaded.
 */
import { readFileSync } from 'node:fs'

const { entry, h2, h1, caFile, engine } = JSON.parse(process.env.TRUNKLINE_PROBE ?? '{}')
const CASE_TIMEOUT = 8000
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const check = (condition, detail) => {
  if (!condition) throw new Error(detail)
}

/** A promise of which nothing comes must not end the whole look. */
function within(promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${CASE_TIMEOUT / 1000} s`)), CASE_TIMEOUT)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function measure(name, run) {
  const client = library.createClient({
    engine,
    tls: { ca },
    http2: {},
    keepAlive: { interval: 200, whenIdle: true },
  })
  try {
    const detail = await within(run(client))
    tell({ name, ok: true, detail: detail ?? '' })
  } catch (error) {
    const cause = error?.cause?.code ?? error?.code ?? ''
    tell({
      name,
      ok: false,
      detail: [cause, error?.cause?.message ?? error?.message ?? String(error)].join(' ').trim(),
    })
  } finally {
    client.destroy()
  }
}

const connections = (client) => client.stats().origins.flatMap((origin) => origin.connections)

async function until(condition, what) {
  for (let waited = 0; waited < 4000; waited += 25) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`no ${what} within 4 s`)
}

const cases = {
  'fetch over HTTP/2': async (client) => {
    const response = await client.fetch(`${h2}/`)
    const body = await response.json()
    check(response.protocol === 'h2' && body.hello === 'world', `protocol ${response.protocol}`)
  },
  'request over HTTP/2': async (client) => {
    const { status, body, protocol } = await client.request(`${h2}/echo`, { method: 'POST', body: 'text' })
    check(
      status === 200 && protocol === 'h2' && (await body.text()) === 'text',
      `status ${status}, ${protocol}`,
    )
  },
  '50 requests on one session': async (client) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch(`${h2}/bytes/1000`)))
    const ids = new Set(answers.map(({ connectionId }) => connectionId))
    for (const answer of answers) check((await answer.arrayBuffer()).byteLength === 1000, 'a body was cut')
    check(ids.size === 1, `${ids.size} connections`)
  },
  'a response of 8 MiB, streamed': async (client) => {
    const { body } = await client.fetch(`${h2}/stream/8388608`)
    let length = 0
    for await (const chunk of body) length += chunk.byteLength
    check(length === 8388608, `${length} bytes`)
  },
  'an upload of 4 MiB, streamed': async (client) => {
    async function* pieces() {
      for (let index = 0; index < 64; index++) yield new Uint8Array(65536)
    }
    const response = await client.fetch(`${h2}/upload`, { method: 'POST', body: pieces(), duplex: 'half' })
    const { length, bytes } = await response.json()
    check((length ?? bytes) === 4194304, `${length ?? bytes} bytes`)
  },
  trailers: async (client) => {
    const { body, trailers } = await client.request(`${h2}/trailers`)
    await body.text()
    check(JSON.stringify(await trailers).includes('x-trailer'), 'none came')
  },
  'an abort ends one stream, not the session': async (client) => {
    const first = await client.fetch(`${h2}/`)
    await first.text()
    const controller = new AbortController()
    const hanging = client.fetch(`${h2}/hang`, { signal: controller.signal })
    hanging.catch(() => {})
    setTimeout(() => controller.abort(), 50)
    const error = await hanging.then(
      () => null,
      (reason) => reason,
    )
    check(error?.name === 'AbortError', `settled with ${error}`)
    const next = await client.fetch(`${h2}/`)
    await next.text()
    check(next.connectionId === first.connectionId, 'a new connection was made')
  },
  'keepalive PING': async (client) => {
    await (await client.fetch(`${h2}/`)).text()
    await until(() => connections(client).some(({ roundTrip }) => roundTrip.smoothed !== null), 'round trip')
  },
  'TLS resumption': async (client) => {
    await (await client.fetch(`${h2}/bytes/10`)).text()
    // Tickets come after the handshake (RFC 8446 section 4.6.1).
    await new Promise((resolve) => setTimeout(resolve, 200))
    const other = library.createClient({ engine, tls: { ca } })
    try {
      await (await other.fetch(`${h2}/bytes/10`)).text()
      check(connections(other)[0]?.tls?.resumed === true, 'a full handshake each time')
    } finally {
      other.destroy()
    }
  },
  'a certificate of nobody we trust is refused': async () => {
    const stranger = library.createClient({ engine })
    try {
      const error = await stranger.fetch(`${h2}/`).then(
        () => null,
        (reason) => reason,
      )
      check(
        error?.cause?.code === 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
        `settled with ${error?.cause?.code ?? error}`,
      )
    } finally {
      stranger.destroy()
    }
  },
  'HTTP/1.1 by ALPN': async (client) => {
    const response = await client.fetch(`${h1}/`)
    const body = await response.json()
    check(response.protocol === 'http/1.1' && body.hello === 'world', `protocol ${response.protocol}`)
    const again = await client.fetch(`${h1}/`)
    await again.text()
    check(again.connectionId === response.connectionId, 'the socket was not used again')
  },
  'gzip undone': async (client) => {
    check((await (await client.fetch(`${h2}/gzip`)).text()).startsWith('Trunkline'), 'other bytes came')
  },
  'close() leaves nothing': async (client) => {
    await (await client.fetch(`${h2}/`)).text()
    await client.close()
    check(connections(client).length === 0, 'connections are left')
  },
}

let library
let ca
try {
  library = await import(entry)
  ca = readFileSync(caFile, 'utf8')
  tell({ name: 'import', ok: true, detail: '' })
} catch (error) {
  tell({ name: 'import', ok: false, detail: error.message })
  process.exit(1)
}
for (const [name, run] of Object.entries(cases)) await measure(name, run)
process.exit(0)
