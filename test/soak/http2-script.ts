/** One HTTP/2 connection of the chaos server. */
import type { RawConnection } from '../support/raw-connection.ts'
import type { RawRequest } from '../support/raw-request.ts'
import { sleep } from '../support/wait-for.ts'
import { contentOf, isContent } from './content.ts'
import type { ConnectionEnd, ConnectionPlan, EngineName, RequestFault } from './faults.ts'
import { requestFault } from './faults.ts'
import type { Ledger } from './ledger.ts'

/** Of two-step GOAWAY: ms from the first to the second frame. */
const GOAWAY_STEP = 20

/** ms until a connection that is shutting down is cut. */
const LONGEST_DRAIN = 3000

/** RFC 9113 section 6.8: the highest stream id there is announces the shutdown and excludes nothing yet. */
const NOT_YET_KNOWN = 2 ** 31 - 1

export interface Scene {
  readonly seed: number
  readonly engine: EngineName
  readonly ledger: Ledger
}

/** What a request asks for: its path is `/<id>/<bytes to send>/<bytes to receive>`. */
export interface Errand {
  readonly id: number
  readonly upload: number
  readonly length: number
}

export function errandOf(path: string): Errand {
  const [, id, upload, length] = path.split('/').map(Number)
  return { id: id ?? 0, upload: upload ?? 0, length: length ?? 0 }
}

export class Http2Script {
  readonly connection: RawConnection
  /** Nothing goes through it any more, and nobody was told. */
  hung = false
  readonly #scene: Scene
  readonly #plan: ConnectionPlan
  #requests = 0
  /** Requests accepted and not answered yet. */
  #active = 0
  #lastAccepted = 0
  /** The last stream id of our final GOAWAY. */
  #boundary = Number.POSITIVE_INFINITY
  #leaving = false

  constructor(connection: RawConnection, scene: Scene, plan: ConnectionPlan) {
    this.connection = connection
    this.#scene = scene
    this.#plan = plan
  }

  start(): void {
    const settings = { MAX_CONCURRENT_STREAMS: this.#plan.maxConcurrentStreams }
    // The client may go away before it said a word.
    this.connection.preface({ settings, awaitAck: false, timeout: 10_000 }).catch(() => {})
    this.connection.autoRespond(async (request) => {
      await this.#take(request)
      return undefined
    })
  }

  end(how: Exclude<ConnectionEnd, 'spared'>): void {
    this.#scene.ledger.played(`connection ${how}`)
    if (how === 'reset') this.connection.reset()
    else this.connection.fin({ closeNotify: how === 'fin' })
  }

  hang(): void {
    this.#scene.ledger.played('connection black hole')
    this.hung = true
    this.connection.hang()
  }

  /** Bytes that no HTTP/2 server sends: DATA on stream 0 (RFC 9113 section 6.1). */
  async breakProtocol(): Promise<void> {
    this.#scene.ledger.played('connection protocol error')
    this.connection.sendFrame({ type: 'DATA', streamId: 0, payload: Buffer.from('chaos') })
    await sleep(200)
    this.connection.reset()
  }

  /** RFC 9113 section 6.5.2. 0 lets no stream in until `openAgain` ms later. */
  async limitStreams(limit: number, openAgain: number): Promise<void> {
    this.#scene.ledger.played(limit === 0 ? 'settings 0 streams' : 'settings streams')
    this.connection.sendSettings({ MAX_CONCURRENT_STREAMS: limit })
    if (limit > 0) return
    await sleep(openAgain)
    this.connection.sendSettings({ MAX_CONCURRENT_STREAMS: this.#plan.maxConcurrentStreams })
  }

  /** A server that shuts down in order. */
  async drain(): Promise<void> {
    if (this.#leaving) return
    this.#leaving = true
    this.#scene.ledger.played('goaway two-steps')
    this.connection.sendGoAway({ lastStreamId: NOT_YET_KNOWN })
    await sleep(GOAWAY_STEP)
    this.#sendLastGoAway('NO_ERROR')
    await this.#closeWhenDone()
  }

  async #take(request: RawRequest): Promise<void> {
    const { seed, engine, ledger } = this.#scene
    if (request.streamId > this.#boundary) return
    this.#requests += 1
    const errand = errandOf(request.path)
    const attempt = ledger.arrived(errand.id)
    if (this.#requests === this.#plan.requestsToGoAway && !this.#leaving) {
      if (this.#plan.spares && this.#plan.goAway !== 'two-steps') return this.#leave()
      this.#lastAccepted = request.streamId
      this.#leave()
    }
    const moody = request.authority.startsWith('b.')
    const fault = requestFault(seed, engine, { id: errand.id, attempt, moody })
    if (fault !== 'none') ledger.played(`request ${fault}`)
    this.#lastAccepted = request.streamId
    this.#active += 1
    try {
      await this.#play(fault, request, errand)
    } finally {
      this.#active -= 1
    }
  }

  #leave(): void {
    const { goAway, goAwayCode } = this.#plan
    if (goAway === 'two-steps') {
      this.drain().catch((error) => this.#scene.ledger.failed(error))
      return
    }
    this.#leaving = true
    this.#scene.ledger.played(`goaway ${goAway}`)
    this.#sendLastGoAway(goAway === 'error' ? goAwayCode : 'NO_ERROR')
    this.#closeWhenDone().catch((error) => this.#scene.ledger.failed(error))
  }

  #sendLastGoAway(code: 'NO_ERROR' | ConnectionPlan['goAwayCode']): void {
    this.#boundary = this.#lastAccepted
    this.connection.sendGoAway({ lastStreamId: this.#boundary, code, debug: 'chaos' })
  }

  async #closeWhenDone(): Promise<void> {
    const deadline = performance.now() + LONGEST_DRAIN
    while (!this.connection.isClosed && performance.now() < deadline) {
      if (this.#active === 0 && this.#plan.closes) return this.connection.fin()
      await sleep(10)
    }
    if (!this.connection.isClosed && !this.hung) this.connection.reset()
  }

  async #play(fault: RequestFault, request: RawRequest, errand: Errand): Promise<void> {
    const { connection } = this
    const { streamId } = request
    if (fault === 'refuse') return connection.sendReset(streamId, 'REFUSED_STREAM')
    if (fault === 'http-1.1-required') return connection.sendReset(streamId, 'HTTP_1_1_REQUIRED')
    if (fault === 'misdirected') return request.respond({ status: 421 })
    this.#scene.ledger.processed(errand.id, request.method)
    if (fault === 'reset-unanswered') return connection.sendReset(streamId, 'INTERNAL_ERROR')
    if (fault === 'stall-head') return
    if (fault === 'early' && !request.complete) return this.#answerEarly(request, errand)
    if (!(await this.#receive(request, errand))) return
    const body = contentOf(errand.id, errand.length)
    if (fault === 'trailers') {
      return request.respond({ headers: headOf(errand), body, trailers: { 'x-id': String(errand.id) } })
    }
    if (fault === 'none' || fault === 'early') return request.respond({ headers: headOf(errand), body })
    await this.#answerInPart(fault, streamId, errand, body)
  }

  /** Whether all of the upload came; what came as all of it must be. */
  async #receive(request: RawRequest, errand: Errand): Promise<boolean> {
    let upload: Buffer
    try {
      upload = await request.body(30_000)
    } catch {
      return false
    }
    if (!isContent(upload, errand.id, errand.upload)) this.#scene.ledger.corruptUploads += 1
    return true
  }

  async #answerEarly(request: RawRequest, errand: Errand): Promise<void> {
    await request.respond({ headers: headOf(errand), body: contentOf(errand.id, errand.length) })
    if (this.connection.streams.isOpen(request.streamId))
      this.connection.sendReset(request.streamId, 'NO_ERROR')
  }

  async #answerInPart(fault: RequestFault, streamId: number, errand: Errand, body: Buffer): Promise<void> {
    const { connection } = this
    connection.sendHeaders(streamId, [':status', '200', ...headOf(errand)])
    const half = Math.floor(body.length / 2)
    const open = () => !connection.isClosed && connection.streams.isOpen(streamId)
    await connection.sendBody(streamId, body.subarray(0, half))
    if (fault === 'stall-body' || !open()) return
    if (fault === 'slow') {
      await sleep(5)
      if (open()) await connection.sendBody(streamId, body.subarray(half), { endStream: true })
    } else if (fault === 'cut-internal-error') connection.sendReset(streamId, 'INTERNAL_ERROR')
    else if (fault === 'cut-no-error') connection.sendReset(streamId, 'NO_ERROR')
    else connection.sendReset(streamId, 'CANCEL')
  }
}

/** Half of the responses say how long they are. */
function headOf({ id, length }: Errand): string[] {
  const declared = id % 2 === 0 ? ['content-length', String(length)] : []
  return ['content-type', 'application/octet-stream', 'x-id', String(id), ...declared]
}
