import { type Context, createContextKey, diag, propagation, type TextMapPropagator } from '@opentelemetry/api'
import type { ClientRequest } from '../../core/dispatch.ts'
import { validName, validValue, withoutHeaders } from '../../core/headers.ts'

// The key that @opentelemetry/core sets: keys are registered by their description, so that copies agree.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** An exporter's own requests say so: they would be traced, exported, traced again. */
export function isSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_TRACING) === true
}

/** The request with what the propagator has for this context, in place of fields of the same names. */
export function withPropagation(
  request: ClientRequest,
  context: Context,
  propagator: TextMapPropagator | undefined,
): ClientRequest {
  const added: string[] = []
  if (propagator === undefined) propagation.inject(context, added, SETTER)
  else propagator.inject(context, added, SETTER)
  if (added.length === 0) return request
  const { headers } = request
  const names = added.filter((_, index) => index % 2 === 0)
  const kept = names.some((name) => headers.includes(name))
    ? withoutHeaders(headers, (name) => names.includes(name))
    : headers
  return { ...request, headers: [...kept, ...added] }
}

const SETTER = {
  set(list: string[], name: string, value: string): void {
    try {
      list.push(validName(name), validValue(name, value))
    } catch (error) {
      // A propagator's mistake is no reason to fail the request.
      diag.warn(`trunkline: the propagator set ${name} to what no header may hold`, error)
    }
  },
}
