import { amount, date, flag, list, object, orNull, protocol, root, text, whole } from './shapes.ts'

/** Of `top --json`. */
export const topSchema = root(
  'A snapshot that trunkline top --json prints. Times are in ms, sizes in bytes.',
  {
    kind: { const: 'trunkline-top' },
    version: { const: 1 },
    pid: whole,
    title: text,
    node: text,
    at: date,
    uptime: amount,
    watched: amount,
    interval: amount,
    process: object({ eventLoop: amount, rss: whole, heapUsed: whole }),
    requests: object({
      active: whole,
      queued: whole,
      ended: whole,
      failed: whole,
      retries: whole,
      perSecond: amount,
      failedPerSecond: amount,
    }),
    bytes: object({ receivedPerSecond: amount, sentPerSecond: amount }),
    latency: orNull(object({ p50: amount, p90: amount, p99: amount, max: amount })),
    connections: list(
      object({
        id: whole,
        origin: text,
        protocol: orNull(protocol),
        state: { enum: ['open', 'draining'] },
        address: orNull(text),
        tls: orNull(object({ version: text, resumed: flag })),
        streams: whole,
        requests: whole,
        perSecond: amount,
        age: orNull(amount),
        roundTrip: orNull(amount),
        goAway: orNull(text),
      }),
    ),
    errors: list(object({ code: text, count: whole })),
    leftOut: object({ connections: whole, errors: whole }),
  },
)
