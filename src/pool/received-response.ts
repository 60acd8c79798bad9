import type { ClientResponse, Timings } from '../core/dispatch.ts'
import type { HeaderList } from '../core/headers.ts'
import type { Priority } from '../core/priority.ts'
import type { ResponseBody } from '../core/response-body.ts'
import type { Exchange } from '../wire/contract.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { type Steps, timingsOf } from './timings.ts'

interface RunningSteps extends Steps {
  /** Null when it is over. */
  readonly exchange: Exchange | null
}

/** A response as the network gave it. A class, since an object literal with an accessor is slow to make. */
export class ReceivedResponse implements ClientResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderList
  readonly body: ResponseBody
  readonly url: string
  readonly redirects = 0
  readonly protocol: ClientResponse['protocol']
  readonly connectionId: number
  readonly streamId: number | undefined
  readonly #connection: PooledConnection
  readonly #steps: RunningSteps

  /** `steps` go on being taken; `timings` reads them when asked. */
  constructor(
    status: number,
    headers: HeaderList,
    body: ResponseBody,
    url: string,
    streamId: number | undefined,
    connection: PooledConnection,
    steps: RunningSteps,
    statusText = '',
  ) {
    this.status = status
    this.statusText = statusText
    this.headers = headers
    this.body = body
    this.url = url
    this.streamId = streamId
    this.protocol = connection.protocol
    this.connectionId = connection.id
    this.#connection = connection
    this.#steps = steps
  }

  get timings(): Timings {
    return timingsOf(this.#steps, this.#connection)
  }

  reprioritize(priority: Priority): boolean {
    const { exchange } = this.#steps
    if (exchange?.reprioritize === undefined) return false
    exchange.reprioritize(priority)
    return true
  }
}
