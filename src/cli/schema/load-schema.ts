import { amount, counts, date, flag, list, object, orNull, root, text, whole } from './shapes.ts'

const latency = object({
  min: amount,
  mean: amount,
  deviation: amount,
  p50: amount,
  p75: amount,
  p90: amount,
  p95: amount,
  p99: amount,
  p999: amount,
  p9999: amount,
  max: amount,
})

const histogram = object({
  unit: { const: 'us' },
  significantDigits: { const: 3 },
  count: whole,
  min: orNull(whole),
  max: orNull(whole),
  sum: whole,
  buckets: list(whole),
})

/** Of `load --json` and `load merge --json`. */
export const loadSchema = root('What trunkline load --json prints. Times are in ms, sizes in bytes.', {
  kind: { const: 'trunkline-load' },
  version: { const: 1 },
  url: text,
  method: text,
  date,
  parts: list({ type: 'string', pattern: '^\\d+/\\d+$' }),
  plan: object({
    concurrency: whole,
    connections: orNull(whole),
    count: orNull(whole),
    duration: orNull(amount),
    rate: orNull(amount),
    warmUp: amount,
  }),
  interrupted: flag,
  elapsed: amount,
  requests: object({ sent: whole, completed: whole, failed: whole, unsent: whole }),
  throughput: amount,
  bodyBytes: whole,
  statuses: counts,
  errors: counts,
  protocols: counts,
  connections: object({ used: whole, dials: whole, handshakes: whole, resumed: whole }),
  latency: orNull(latency),
  service: orNull(latency),
  generatorLoad: { type: 'number', minimum: 0, maximum: 1 },
  histograms: object({ latency: histogram, service: histogram }),
  timeline: object({
    width: amount,
    points: list(object({ done: whole, failed: whole, bytes: whole, sum: amount, max: amount })),
  }),
})
