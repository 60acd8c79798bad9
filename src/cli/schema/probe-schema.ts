import {
  amount,
  counts,
  date,
  flag,
  list,
  object,
  orNull,
  protocol,
  root,
  status,
  text,
  whole,
} from './shapes.ts'

const failed = object({ code: text, message: text })
const goAway = object({ code: text, lastStreamId: whole, debug: text })
const response = object({ status, server: orNull(text), altSvc: orNull(text), firstByte: amount })

/** Of `probe --json`. */
export const probeSchema = root('What trunkline probe --json prints. Times are in ms, sizes in bytes.', {
  kind: { const: 'trunkline-probe' },
  version: { const: 1 },
  url: text,
  origin: text,
  date,
  verdict: { enum: ['ready', 'ready-with-remarks', 'not-ready'] },
  findings: list(object({ level: { enum: ['good', 'note', 'warning', 'problem'] }, topic: text, text })),
  connection: orNull(object({ address: text, protocol, dns: amount, connect: amount, tls: orNull(amount) })),
  tls: orNull(
    object({
      version: text,
      cipher: text,
      keyExchange: orNull(text),
      alpn: orNull(text),
      distrust: orNull(failed),
      tls12: orNull(flag),
      certificate: orNull(
        object({
          subject: text,
          issuer: text,
          names: list(text),
          validFrom: date,
          validTo: date,
          daysLeft: { type: 'integer' },
          fingerprint256: text,
          key: orNull(text),
        }),
      ),
    }),
  ),
  resumption: orNull(
    object({ tickets: whole, resumed: flag, full: amount, second: orNull(amount), error: orNull(failed) }),
  ),
  http2: orNull(
    object({
      settings: counts,
      settingsAfter: orNull(amount),
      acknowledged: flag,
      maxConcurrentStreams: orNull(whole),
      initialWindowSize: whole,
      connectionWindow: whole,
      ping: orNull(object({ sent: whole, answered: whole, min: amount, average: amount, max: amount })),
      response: orNull(response),
      altSvc: list(text),
      origins: list(text),
      pushPromises: whole,
      goAway: orNull(goAway),
      frames: counts,
      error: orNull(failed),
    }),
  ),
  http1: object({ works: flag, response: orNull(response), error: orNull(failed) }),
  idle: orNull(object({ watched: amount, closedAfter: orNull(amount), goAway: orNull(goAway) })),
})
