import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { ConnectionLog } from './connection-log.ts'
import { listen } from './handlers.ts'
import { harOf } from './har.ts'
import type { Har } from './har-format.ts'
import { invalid, type RecordOptions, recordOptions } from './options.ts'
import { pageOf } from './page.ts'
import { FORMAT, type Recording, VERSION } from './recording.ts'
import { createRedaction } from './redaction.ts'
import { RequestLog } from './request-log.ts'
import { type Summary, summarize } from './summary.ts'

/**
 * Records what every client of this process does from now on, until it is stopped. Bodies are not recorded, and
 * credentials are left out unless `credentials` says otherwise.
 *
 * ```ts
 * const recorder = record()
 * // ... requests ...
 * await recorder.write('waterfall.html')
 * recorder.stop()
 * ```
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function record(options: RecordOptions = {}): Recorder {
  return new Recorder(options)
}

/** Writes down what the clients of this process do. Made by `record`. */
export class Recorder implements Disposable {
  readonly #name: string
  readonly #requests: RequestLog
  readonly #connections: ConnectionLog
  readonly #from = systemClock.now()
  readonly #unsubscribe: () => void
  #until: number | null = null

  constructor(options: RecordOptions) {
    const { limit, maxBytes, frames, credentials, redact, name } = recordOptions(options)
    const redaction = createRedaction(credentials, redact)
    this.#name = name
    this.#requests = new RequestLog(limit, maxBytes, redaction)
    this.#connections = new ConnectionLog(frames, redaction)
    this.#unsubscribe = listen({ ...this.#requests.handlers, ...this.#connections.handlers })
  }

  /** All that was kept so far, as plain data that is the caller's. */
  recording(): Recording {
    const { frames, breakers, goAways, pings, ...spans } = this.#connections.lists()
    // A copy: what goes on would go on changing it.
    return structuredClone({
      format: FORMAT,
      version: VERSION,
      sources: [{ name: this.#name, pid: process.pid, node: process.version }],
      timeOrigin: performance.timeOrigin,
      from: this.#from,
      until: this.#until ?? systemClock.now(),
      dropped: { requests: this.#requests.dropped, ...this.#connections.dropped() },
      requests: this.#requests.items().sort(byStart),
      dials: spans.dials.sort(byStart),
      connections: spans.connections.sort(byStart),
      stalls: spans.stalls,
      pings,
      goAways,
      breakers,
      frames,
    })
  }

  /** Where the time went. */
  summary(): Summary {
    return summarize(this.recording())
  }

  /** As HTTP Archive 1.2, for the network panels of browsers and other tools. */
  har(): Har {
    return harOf(this.recording())
  }

  /** As one page that needs nothing else. */
  html(): string {
    return pageOf(this.recording())
  }

  /**
   * Writes a file; what kind, its name says: `.html` the page, `.har` HTTP Archive, `.json` the recording.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for another ending.
   */
  async write(path: string): Promise<void> {
    const content = CONTENT[extname(path).toLowerCase()]
    if (content === undefined) {
      throw invalid(
        `the name of the file must end in ${Object.keys(CONTENT).join(', ')}, not ${JSON.stringify(path)}`,
      )
    }
    await writeFile(path, content(this.recording()))
  }

  /** Hears nothing more; what was recorded stays. */
  stop(): void {
    if (this.#until !== null) return
    this.#until = systemClock.now()
    this.#unsubscribe()
  }

  /** The same as `stop()`, for `using`. */
  [Symbol.dispose](): void {
    this.stop()
  }
}

const CONTENT: Readonly<Record<string, (recording: Recording) => string>> = {
  '.html': pageOf,
  '.har': (recording) => JSON.stringify(harOf(recording), null, 2),
  '.json': (recording) => JSON.stringify(recording),
}

function byStart(one: { readonly start: number }, other: { readonly start: number }): number {
  return one.start - other.start
}
