/** One decision played over real sockets: a raw peer, a client, one request. */
import { createServer } from 'node:net'
import {
  type Client,
  ClientError,
  createClient,
  MemoryTlsSessionStore,
  type RequestOptions,
  type RequestResult,
} from '../../src/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawRequest, RawResponse } from '../support/raw-request.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Decision, optionsByName, type Result } from './decisions.ts'
import type { Fault } from './faults.ts'

const { ca } = await ensureCertificates()
const GOOD = 'good'
const ABORTED = new Error('the caller aborts')

type Body = Pick<RequestOptions, 'body' | 'headers'>

export class Trial implements AsyncDisposable {
  readonly #decision: Decision
  readonly #fault: Fault
  readonly #client: Client
  readonly #abort = new AbortController()
  readonly #released = Promise.withResolvers<void>()
  #peer!: RawPeer
  #seen = 0
  #retries = 0
  /** When each request reached the server, ms. */
  readonly arrivals: number[] = []

  private constructor(decision: Decision, fault: Fault) {
    this.#decision = decision
    this.#fault = fault
    this.#client = createClient({
      tlsSessions: new MemoryTlsSessionStore(),
      ...fault.client,
      tls: { ca },
    })
  }

  static async open(decision: Decision, fault: Fault): Promise<Trial> {
    const trial = new Trial(decision, fault)
    trial.#peer = await RawPeer.listen({
      ...fault.peer,
      onConnection: async (connection) => {
        await connection.preface({ awaitAck: false })
        connection.autoRespond((request) => trial.#answer(request, connection))
      },
      onHttp1Connection: (connection) => {
        connection.autoRespond(() => {
          trial.#seen += 1
          return { body: GOOD }
        })
      },
    })
    return trial
  }

  async run(): Promise<Result> {
    const { closed, abortAfter } = this.#fault
    if (closed) await this.#client.close()
    if (abortAfter !== undefined) setTimeout(() => this.#abort.abort(ABORTED), abortAfter)
    const origin = this.#fault.unreachable ? await nobody() : this.#peer.origin
    const words = await this.#client.request(origin, this.#options()).then(
      (response) => this.#afterHead(response),
      (error) => this.#inWords('error', error),
    )
    // What was aborted may not have arrived yet, and nothing more shall.
    await waitFor(() => this.#seen >= Number(this.#decision.expected.seen))
    await new Promise((resolve) => setTimeout(resolve, 10))
    return { ...words, seen: String(this.#seen) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.resolve()
    await this.#client.close({ timeout: 200 })
    await this.#peer.close()
  }

  #options(): RequestOptions {
    const { request, options } = this.#decision
    const [method = ''] = request.split(' ')
    const { headers, ...body } = this.#body()
    const key = request.endsWith('with key') ? { 'idempotency-key': 'one' } : {}
    const retry = options === '' ? {} : optionsByName.get(options)
    if (retry === undefined) throw new Error(`no options have the name "${options}"`)
    const onRetry = () => {
      this.#retries += 1
    }
    return {
      method,
      ...body,
      headers: { ...(headers as Record<string, string>), ...key },
      signal: this.#abort.signal,
      retry: retry === false ? false : { ...retry, onRetry },
    }
  }

  #body(): Body {
    const { body } = this.#decision
    if (body === 'none') return {}
    if (body === 'bytes') return { body: Buffer.from('bytes') }
    if (body === 'function') return { body: () => [Buffer.from('by'), Buffer.from('tes')] }
    if (body === 'stream') return { body: this.#stream() }
    if (body === 'failing stream') return { body: this.#failing() }
    if (body === 'unread stream')
      return { body: [Buffer.from('bytes')].values(), headers: { expect: '100-continue' } }
    throw new Error(`no body has the name "${body}"`)
  }

  async *#stream(): AsyncGenerator<string> {
    yield 'piece'
    await this.#released.promise
  }

  async *#failing(): AsyncGenerator<string> {
    yield* this.#stream()
    throw new Error('the source broke')
  }

  async #answer(request: RawRequest, connection: RawConnection): Promise<RawResponse | undefined> {
    const index = this.#seen
    this.#seen += 1
    this.arrivals.push(performance.now())
    const { strike } = this.#fault
    const waits = request.headers.expect === '100-continue'
    if (strike !== undefined && this.#isStruck(index, connection)) {
      if (this.#decision.body.endsWith('stream') && !waits) await waitFor(() => request.bodyLength > 0)
      const abort = () => this.#abort.abort(ABORTED)
      await strike({ request, connection, index, abort, release: () => this.#released.resolve() })
      return undefined
    }
    if (waits) connection.sendHeaders(request.streamId, { ':status': '100' })
    await request.body()
    return { body: GOOD }
  }

  #isStruck(index: number, connection: RawConnection): boolean {
    const { every } = this.#fault
    return index === 0 || every === 'request' || (every === 'connection' && connection.index === 0)
  }

  async #afterHead(response: RequestResult): Promise<Omit<Result, 'seen'>> {
    try {
      const text = await response.body.text()
      const { attempts } = response.timings
      return { ...NOTHING, outcome: this.#success(response, text, attempts), attempts: String(attempts) }
    } catch (error) {
      return this.#inWords('body error', error, response.timings.attempts)
    }
  }

  #success({ status }: RequestResult, text: string, attempts: number): string {
    if (status !== 200 || text !== GOOD) return `response ${status}`
    if (this.#retries > 0) return 'retry'
    return attempts > 1 ? 'replay' : 'response 200'
  }

  #inWords(outcome: string, error: unknown, attempts?: number): Omit<Result, 'seen'> {
    if (error === ABORTED) return { ...NOTHING, outcome: 'abort' }
    if (!(error instanceof ClientError)) throw error
    return {
      outcome,
      error: error.code.replace('ERR_TRUNKLINE_', ''),
      processed: error.processed,
      attempts: String(attempts ?? error.attempts),
    }
  }
}

const NOTHING: Result = { outcome: '', error: '', processed: '', attempts: '', seen: '' }

/** An origin where nobody listens: a port that was free a moment ago. */
async function nobody(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return `https://localhost:${port}`
}
