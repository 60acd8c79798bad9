import * as http from 'node:http'
import * as https from 'node:https'
import type { Clock } from '../core/clock.ts'

/**
 * A plain GET that need not keep the process alive: a question that may wait for its answer for minutes must not hold
 * up a program that is done. For registries of services, which are needed before there is a client to ask them with.
 */
export type Get = (url: URL, options: GetOptions) => Promise<GetResult>

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>
  /** ms until the whole answer must be there. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Whether the process may end before the answer comes. */
  readonly background: boolean
}

export interface GetResult {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** Bytes. */
const LONGEST_ANSWER = 64 * 1024 * 1024

/** `tls`: for `https:` URLs. Connections are kept for the next question. */
export function createGet(tls: https.AgentOptions, clock: Clock): Get {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ ...tls, keepAlive: true }),
  }
  return (url, { headers, timeout, signal, background }) =>
    new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:'
      const request = (secure ? https : http).request(url, {
        agent: secure ? agents['https:'] : agents['http:'],
        headers,
        signal,
      })
      const late = () => request.destroy(new Error(`no answer within ${timeout} ms`))
      const timer = clock.setTimeout(late, timeout, !background)
      if (background) request.on('socket', (socket) => socket.unref())
      request.on('error', reject)
      request.on('close', () => timer.cancel())
      request.on('response', (response) => {
        const { statusCode: status = 0, headers } = response
        collect(response).then((text) => resolve({ status, headers, text }), reject)
      })
      request.end()
    })
}

async function collect(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LONGEST_ANSWER) throw new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
