/** A program written for the platform's fetch. Nothing in this file knows of Trunkline. */

type Fetch = typeof globalThis.fetch

const tasks: Readonly<Record<string, (fetch: Fetch, origin: string) => Promise<string>>> = {
  'JSON, by a Request with Headers': async (fetch, origin) => {
    const headers = new Headers({ accept: 'application/json', 'x-name': 'Ada' })
    const response = await fetch(new Request(`${origin}/hello`, { headers }))
    const { hello } = (await response.json()) as { hello: string }
    return `${response.status} ${response.headers.get('content-type')}, hello ${hello}`
  },

  'a form with a file': async (fetch, origin) => {
    const body = new FormData()
    body.set('title', 'Report')
    body.set('file', new File(['a,b\n1,2\n'], 'report.csv', { type: 'text/csv' }))
    const response = await fetch(`${origin}/form`, { method: 'POST', body })
    return await response.text()
  },

  'a streamed upload': async (fetch, origin) => {
    const body = ReadableStream.from(['one ', 'two ', 'three']).pipeThrough(new TextEncoderStream())
    const response = await fetch(`${origin}/upload`, { method: 'PUT', body, duplex: 'half' })
    return await response.text()
  },

  'a streamed, compressed download': async (fetch, origin) => {
    const response = await fetch(`${origin}/lines`)
    const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>
    let lines = 0
    for await (const text of response.body?.pipeThrough(decoder) ?? []) lines += text.split('\n').length - 1
    return `${lines} lines of ${response.headers.get('content-encoding')}`
  },

  'a redirect': async (fetch, origin) => {
    const response = await fetch(`${origin}/old`)
    await response.body?.cancel()
    return `redirected ${response.redirected}, to ${new URL(response.url).pathname}`
  },

  'a time limit': async (fetch, origin) => {
    const error = await failureOf(fetch(`${origin}/never`, { signal: AbortSignal.timeout(100) }))
    return `${error.name}, DOMException ${error instanceof DOMException}`
  },

  'nobody there': async (fetch) => {
    const error = await failureOf(fetch('https://localhost:2/'))
    return `${error.name}: ${error.message}`
  },
}

/** Runs every task; the answers, by task. */
export async function runProgram(origin: string, fetch = globalThis.fetch): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  for (const [name, run] of Object.entries(tasks)) answers.set(name, await run(fetch, origin))
  return answers
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error) => error as Error,
  )
}
