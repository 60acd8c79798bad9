/** Handlers of undici's two kinds that write down what they hear. */

export interface HandlerPlan {
  /** Aborts with `reason` there. */
  readonly abortAt?: string
  readonly throwAt?: string
  readonly reason?: Error
  /** Pauses at the n-th chunk. */
  readonly pauseAt?: number
}

export interface Watched {
  readonly handler: object
  readonly seen: string[]
  readonly counted: { bytes: number }
  /** Resolves at the end, rejects with the error. */
  readonly done: Promise<void>
  resume(): void
}

interface Control {
  abort(reason?: Error): void
  resume(): void
}

class Watch {
  readonly seen: string[] = []
  readonly counted = { bytes: 0 }
  readonly done: Promise<void>
  readonly #plan: HandlerPlan
  control: Control = { abort() {}, resume() {} }
  chunks = 0
  finish: () => void = () => {}
  fail: (error: Error) => void = () => {}

  constructor(plan: HandlerPlan) {
    this.#plan = plan
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
    })
    this.done.catch(() => {})
  }

  note(name: string): void {
    this.seen.push(name)
    if (this.#plan.abortAt === name) this.control.abort(this.#plan.reason)
    if (this.#plan.throwAt === name) throw this.#plan.reason
  }

  /** Whether to pause. */
  chunk(bytes: Uint8Array): boolean {
    this.counted.bytes += bytes.length
    this.chunks += 1
    this.note('data')
    return this.chunks === this.#plan.pauseAt
  }

  get sent(): object {
    return {
      onBodySent: () => this.note('bodySent'),
      onRequestSent: () => this.note('requestSent'),
      onResponseStarted: () => this.note('responseStarted'),
    }
  }

  watched(handler: object): Watched {
    const { seen, counted, done } = this
    return { handler, seen, counted, done, resume: () => this.control.resume() }
  }
}

type Controller = Control & { pause(): void; readonly rawHeaders: Buffer[] | null }

/** As undici 7 and 8 call it. */
export function newHandler(plan: HandlerPlan = {}): Watched {
  const watch = new Watch(plan)
  return watch.watched({
    ...watch.sent,
    onRequestStart(controller: Controller) {
      watch.control = controller
      watch.note('start')
    },
    onResponseStart(controller: Controller, status: number, headers: object) {
      if (!Buffer.isBuffer(controller.rawHeaders?.[0])) throw new Error('no raw headers')
      if (!('date' in headers)) throw new Error('no headers by name')
      watch.note(`head ${status}`)
    },
    onResponseData(controller: Controller, chunk: Buffer) {
      if (!Buffer.isBuffer(chunk)) throw new Error('no Buffer')
      if (watch.chunk(chunk)) controller.pause()
    },
    onResponseEnd(_controller: Controller, trailers: object) {
      watch.note(`end ${Object.keys(trailers)[0] ?? ''}`)
      watch.finish()
    },
    onResponseError: (_controller: Controller, error: Error) => watch.fail(error),
  })
}

/** As undici 5 and 6 call it, and with them the `fetch` of Node 22. */
export function legacyHandler(plan: HandlerPlan = {}): Watched {
  const watch = new Watch(plan)
  return watch.watched({
    ...watch.sent,
    onConnect(abort: (reason?: Error) => void) {
      watch.control = { abort, resume() {} }
      watch.note('start')
    },
    onHeaders(status: number, headers: Buffer[], resume: () => void) {
      if (!Buffer.isBuffer(headers[0])) throw new Error('no raw headers')
      watch.control = { abort: watch.control.abort, resume }
      watch.note(`head ${status}`)
      return true
    },
    onData: (chunk: Buffer) => !watch.chunk(chunk),
    onComplete(trailers: Buffer[]) {
      watch.note(`end ${trailers[0]?.toString() ?? ''}`)
      watch.finish()
    },
    onError: (error: Error) => watch.fail(error),
  })
}
