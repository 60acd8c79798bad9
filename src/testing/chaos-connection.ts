/** One HTTP/2 connection of a chaos server: which fault a request suffers, and how. */
import { appliesTo, type Fault, type FaultKind, type FaultOf } from './chaos-faults.ts'
import { toBytes } from './frame-encoder.ts'
import { headerList } from './hpack.ts'
import type { RawConnection } from './raw-connection.ts'
import type { RawRequest, RawResponse } from './raw-request.ts'
import { idle } from './sleep.ts'

export interface ChaosHooks {
  /** The right answer, once the request is complete. */
  respond(request: RawRequest): Promise<RawResponse>
  onRequest(): void
  onProcessed(): void
  onFault(kind: FaultKind): void
}

/** How long a client may take to acknowledge what it read, before it is cut off. */
const READ_TIMEOUT_MS = 1000

export class ChaosConnection {
  readonly #connection: RawConnection
  readonly #faults: readonly Fault[]
  readonly #hooks: ChaosHooks
  /** Streams whose answers are under way. */
  readonly #answering = new Set<number>()
  /** The last stream that was accepted. */
  #accepted = 0
  #requests = 0
  #refusesAll = false
  /** The last stream that GOAWAY left alone. */
  #lastStream = Number.POSITIVE_INFINITY

  constructor(connection: RawConnection, faults: readonly Fault[], hooks: ChaosHooks) {
    this.#connection = connection
    this.#faults = faults
    this.#hooks = hooks
  }

  start(): void {
    const late = this.#find('late-settings')
    const tiny = this.#find('tiny-windows')
    const max = this.#find('max-streams')
    for (const fault of [late, tiny, max]) if (fault !== undefined) this.#hooks.onFault(fault.kind)
    if (late !== undefined) this.#connection.transport.outbox.pause(late.ms)
    if (max !== undefined) void this.#openLater(max, late?.ms ?? 0)
    this.#connection.acknowledgeSettings = true
    this.#connection.sendSettings({
      ...(tiny === undefined ? {} : { INITIAL_WINDOW_SIZE: tiny.size ?? 16 }),
      ...(max === undefined ? {} : { MAX_CONCURRENT_STREAMS: 0 }),
    })
    this.#connection.autoRespond(async (request) => {
      this.#requests += 1
      this.#hooks.onRequest()
      await this.#serve(request, this.#requests)
      return undefined
    })
  }

  #find<Kind extends FaultKind>(kind: Kind): FaultOf<Kind> | undefined {
    return this.#faults.find((fault): fault is FaultOf<Kind> => fault.kind === kind)
  }

  async #openLater({ ms, streams = 100 }: FaultOf<'max-streams'>, more: number): Promise<void> {
    this.#refusesAll = true
    await idle(ms + more)
    this.#refusesAll = false
    this.#connection.sendSettings({ MAX_CONCURRENT_STREAMS: streams })
  }

  async #serve(request: RawRequest, nth: number): Promise<void> {
    const { streamId } = request
    if (streamId > this.#lastStream) return
    // Chosen within the same turn: a GOAWAY must know of every stream that was accepted before it.
    const fault = this.#faults.find((one) => takes(one, streamId, nth))
    if (fault?.kind === 'goaway') {
      this.#goAway(fault)
      return
    }
    this.#accepted = Math.max(this.#accepted, streamId)
    this.#answering.add(streamId)
    try {
      if (this.#refusesAll) this.#connection.sendReset(streamId, 'REFUSED_STREAM')
      else if (fault === undefined) await request.respond(await this.#process(request))
      else await this.#inflict(fault, request, nth)
    } finally {
      this.#answering.delete(streamId)
      this.#endWhenDone()
    }
  }

  async #inflict(fault: Fault, request: RawRequest, nth: number): Promise<void> {
    const { streamId } = request
    // A hole is one, however many requests fall into it.
    if (fault.kind !== 'black-hole' || nth === (fault.after ?? 0) + 1) this.#hooks.onFault(fault.kind)
    switch (fault.kind) {
      case 'black-hole':
        this.#connection.hang()
        return
      case 'refuse':
        this.#connection.sendReset(streamId, 'REFUSED_STREAM')
        return
      case 'http-1.1-required':
        this.#connection.sendReset(streamId, 'HTTP_1_1_REQUIRED')
        return
      case 'misdirected':
        await request.body(Number.POSITIVE_INFINITY)
        await request.respond({ status: 421 })
        return
      case 'reset-mid-body':
      case 'cut-mid-body':
      case 'slow-drip':
        await this.#spoil(fault, streamId, await this.#process(request))
        return
    }
  }

  async #process(request: RawRequest): Promise<RawResponse> {
    const response = await this.#hooks.respond(request)
    this.#hooks.onProcessed()
    return response
  }

  /** RFC 9113 section 6.8: the id says what was processed; what was is answered, and then the connection ends. */
  #goAway({ kind, code = 'NO_ERROR' }: FaultOf<'goaway'>): void {
    this.#hooks.onFault(kind)
    this.#lastStream = this.#accepted
    this.#connection.sendGoAway({ lastStreamId: this.#accepted, code })
    this.#endWhenDone()
  }

  #endWhenDone(): void {
    if (this.#lastStream < Number.POSITIVE_INFINITY && this.#answering.size === 0) this.#connection.fin()
  }

  async #spoil(
    fault: FaultOf<'reset-mid-body' | 'cut-mid-body' | 'slow-drip'>,
    streamId: number,
    response: RawResponse,
  ): Promise<void> {
    const { status = 200, headers = {} } = response
    const body = toBytes(response.body ?? '')
    this.#connection.sendHeaders(streamId, [':status', String(status), ...headerList(headers)])
    if (fault.kind === 'slow-drip') {
      await this.#drip(fault, streamId, body)
      if (!this.#connection.streams.isOpen(streamId)) return
      if (response.trailers === undefined) this.#connection.sendData(streamId, '', { endStream: true })
      else this.#connection.sendHeaders(streamId, response.trailers, { endStream: true })
      return
    }
    const end = fault.afterBytes ?? Math.floor(body.length / 2)
    await this.#connection.sendBody(streamId, body.subarray(0, end))
    if (fault.kind === 'reset-mid-body') {
      this.#connection.sendReset(streamId, fault.code ?? 'INTERNAL_ERROR')
      return
    }
    // TCP RST would overtake what the client has not read.
    await this.#connection.barrier({ timeout: READ_TIMEOUT_MS }).catch(() => {})
    this.#connection.reset()
  }

  async #drip({ chunk = 1, ms = 10 }: FaultOf<'slow-drip'>, streamId: number, body: Buffer): Promise<void> {
    for (let offset = 0; offset < body.length; offset += chunk) {
      if (offset > 0) await idle(ms)
      if (!this.#connection.streams.isOpen(streamId)) return
      await this.#connection.sendBody(streamId, body.subarray(offset, offset + chunk))
    }
  }
}

/** Whether a request suffers the fault; those of SETTINGS take the connection, and leave its requests alone. */
function takes(fault: Fault, streamId: number, nth: number): boolean {
  switch (fault.kind) {
    case 'late-settings':
    case 'tiny-windows':
    case 'max-streams':
      return false
    case 'goaway':
      return streamId >= fault.atStream
    case 'black-hole':
      return nth > (fault.after ?? 0)
    default:
      return appliesTo(fault, nth)
  }
}
