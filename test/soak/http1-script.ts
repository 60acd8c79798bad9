/** One HTTP/1.1 connection of the chaos server: the same faults, as far as HTTP/1.1 has them. */
import type { Http1Request } from '../support/http1-parser.ts'
import type { RawHttp1Connection } from '../support/raw-http1-connection.ts'
import { http1Response } from '../support/raw-http1-connection.ts'
import { sleep } from '../support/wait-for.ts'
import { contentOf, isContent } from './content.ts'
import { type ConnectionEnd, type ConnectionPlan, type RequestFault, requestFault } from './faults.ts'
import { type Errand, errandOf, type Scene } from './http2-script.ts'

export class Http1Script {
  readonly connection: RawHttp1Connection
  readonly #scene: Scene
  readonly #plan: ConnectionPlan
  #requests = 0

  constructor(connection: RawHttp1Connection, scene: Scene, plan: ConnectionPlan) {
    this.connection = connection
    this.#scene = scene
    this.#plan = plan
  }

  start(): void {
    this.connection.autoRespond(async (request) => {
      await this.#take(request)
      return undefined
    })
  }

  end(how: Exclude<ConnectionEnd, 'spared'>): void {
    this.#scene.ledger.played(`HTTP/1.1 connection ${how}`)
    if (how === 'reset') this.connection.reset()
    else this.connection.fin({ closeNotify: how === 'fin' })
  }

  async #take(request: Http1Request): Promise<void> {
    const { seed, engine, ledger } = this.#scene
    this.#requests += 1
    const errand = errandOf(request.target)
    const attempt = ledger.arrived(errand.id)
    const fault = requestFault(seed, engine, { id: errand.id, attempt, moody: false })
    if (fault !== 'none') ledger.played(`HTTP/1.1 request ${fault}`)
    // A connection that ends before a word was said: the client cannot know that nothing was done.
    if (fault === 'refuse') return this.connection.fin()
    ledger.processed(errand.id, request.method)
    if (!isContent(request.body, errand.id, errand.upload)) ledger.corruptUploads += 1
    await this.#play(fault, errand)
  }

  async #play(fault: RequestFault, errand: Errand): Promise<void> {
    const { connection } = this
    if (fault === 'stall-head') return
    if (fault === 'reset-unanswered') return connection.reset()
    const last = this.#requests >= this.#plan.requestsToGoAway / 4
    const response = http1Response({
      reason: 'OK',
      headers: ['x-id', String(errand.id), ...(last ? ['connection', 'close'] : [])],
      body: contentOf(errand.id, errand.length),
      framing: errand.id % 2 === 0 ? 'length' : 'chunked',
    })
    const half = response.subarray(0, response.length - Math.ceil(errand.length / 2) - 1)
    if (fault === 'stall-body') return connection.send(half)
    if (fault === 'cut-cancel' || fault === 'cut-internal-error') {
      connection.send(half)
      if (fault === 'cut-cancel') connection.fin()
      else connection.reset()
      return
    }
    if (fault === 'slow') {
      connection.send(half)
      await sleep(5)
      connection.send(response.subarray(half.length))
    } else connection.send(response)
    if (last) connection.fin()
  }
}
