import { amount, flag, list, object, orNull, protocol, root, status, text, whole } from './shapes.ts'

/** Of `get --summary`. */
export const getSchema = root('What trunkline get --summary writes. Times are in ms.', {
  kind: { const: 'trunkline-get' },
  version: { const: 1 },
  request: object({ method: text, url: text, bodyBytes: whole }),
  exchanges: list(
    object({
      url: text,
      status: orNull(status),
      protocol: orNull(protocol),
      headers: list(object({ name: text, value: text })),
      bodyBytes: whole,
      remoteAddress: orNull(text),
      tls: orNull(object({ version: text, resumed: flag })),
      timings: orNull(
        object({
          before: amount,
          queued: amount,
          dns: orNull(amount),
          connect: orNull(amount),
          tls: orNull(amount),
          sent: orNull(amount),
          firstByte: amount,
          received: orNull(amount),
          total: orNull(amount),
          attempts: whole,
        }),
      ),
      total: amount,
      error: orNull(
        object({
          code: text,
          message: text,
          phase: orNull(text),
          processed: orNull({ enum: ['no', 'maybe', 'yes'] }),
        }),
      ),
    }),
  ),
})
