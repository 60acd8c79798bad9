import {
  type Attributes,
  type Histogram,
  type MeterProvider,
  metrics,
  type UpDownCounter,
} from '@opentelemetry/api'
import { ATTRIBUTES as A, protocolVersion } from './attributes.ts'
import type { ConnectionMeter, OpenConnection } from './connection-book.ts'

/** Every instrument: its name, unit and, of a histogram, the boundaries that are advised, seconds. */
export const INSTRUMENTS = {
  duration: {
    name: 'http.client.request.duration',
    type: 'histogram',
    unit: 's',
    description: 'Duration of HTTP client requests.',
    boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  activeRequests: {
    name: 'http.client.active_requests',
    type: 'updown',
    unit: '{request}',
    description: 'Number of active HTTP requests.',
  },
  openConnections: {
    name: 'http.client.open_connections',
    type: 'updown',
    unit: '{connection}',
    description: 'Number of outbound HTTP connections that are active or idle.',
  },
  connectionDuration: {
    name: 'http.client.connection.duration',
    type: 'histogram',
    unit: 's',
    description: 'Duration of outbound HTTP connections.',
    boundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
  },
  queueDuration: {
    name: 'trunkline.queue.duration',
    type: 'histogram',
    unit: 's',
    description: 'Time from the call until the request was put on a connection.',
    boundaries: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const

interface Made {
  readonly duration: Histogram
  readonly activeRequests: UpDownCounter
  readonly openConnections: UpDownCounter
  readonly connectionDuration: Histogram
  readonly queueDuration: Histogram
}

const SCOPE = 'trunkline'

/** What is measured. Made at the first use, and anew when another provider was registered globally meanwhile. */
export class Instruments implements ConnectionMeter {
  readonly #given: MeterProvider | undefined
  #provider: MeterProvider | null = null
  #made: Made | null = null

  constructor(given: MeterProvider | undefined) {
    this.#given = given
  }

  get now(): Made {
    const provider = this.#given ?? metrics.getMeterProvider()
    if (this.#made === null || provider !== this.#provider) {
      this.#provider = provider
      this.#made = create(provider)
    }
    return this.#made
  }

  opened(connection: OpenConnection): void {
    this.now.openConnections.add(1, attributesOf(connection).idle)
  }

  turned(connection: OpenConnection, active: boolean): void {
    const { openConnections } = this.now
    const attributes = attributesOf(connection)
    openConnections.add(-1, active ? attributes.idle : attributes.active)
    openConnections.add(1, active ? attributes.active : attributes.idle)
  }

  left(connection: OpenConnection, active: boolean): void {
    const attributes = attributesOf(connection)
    this.now.openConnections.add(-1, active ? attributes.active : attributes.idle)
  }

  closed(connection: OpenConnection, active: boolean, age: number): void {
    this.left(connection, active)
    this.now.connectionDuration.record(age / 1000, attributesOf(connection).plain)
  }
}

function create(provider: MeterProvider): Made {
  const meter = provider.getMeter(SCOPE)
  const made = Object.entries(INSTRUMENTS).map(([key, instrument]) => {
    const { name, type, unit, description } = instrument
    return [
      key,
      type === 'histogram'
        ? meter.createHistogram(name, {
            unit,
            description,
            advice: { explicitBucketBoundaries: [...instrument.boundaries] },
          })
        : meter.createUpDownCounter(name, { unit, description }),
    ]
  })
  return Object.fromEntries(made) as Made
}

interface AttributesOfConnection {
  readonly plain: Attributes
  readonly active: Attributes
  readonly idle: Attributes
}

/** Asked for whenever a connection turns idle or active, which may be with each request. */
const known = new WeakMap<OpenConnection, AttributesOfConnection>()

function attributesOf(connection: OpenConnection): AttributesOfConnection {
  const before = known.get(connection)
  if (before !== undefined) return before
  const plain = connectionAttributes(connection)
  const made = {
    plain,
    active: { ...plain, [A.connectionState]: 'active' },
    idle: { ...plain, [A.connectionState]: 'idle' },
  }
  known.set(connection, made)
  return made
}

function connectionAttributes({ origin, protocol, peerAddress }: OpenConnection): Attributes {
  // The key of a service's endpoint goes on after the origin, which ends at the #.
  const { protocol: scheme, hostname, port } = new URL(origin)
  const https = scheme === 'https:'
  return {
    [A.serverAddress]: hostname.replace(/^\[|\]$/g, ''),
    [A.serverPort]: port === '' ? (https ? 443 : 80) : Number(port),
    [A.peerAddress]: peerAddress,
    [A.protocolVersion]: protocolVersion(protocol),
    [A.scheme]: https ? 'https' : 'http',
  }
}
