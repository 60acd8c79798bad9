/** `trunkline/opentelemetry`: spans, metrics and propagation through @opentelemetry/api, which is to be installed beside us. */
import type { Interceptor } from '../../core/dispatch.ts'
import { Instrumentation } from './instrumentation.ts'
import { type OpenTelemetryOptions, settleOpenTelemetry } from './options.ts'

export type { RoutedRequest, Routes } from '../route-templates.ts'
export type { OpenTelemetryOptions } from './options.ts'

/** An interceptor for `networkInterceptors`, of one client or several. */
export interface OpenTelemetry extends Interceptor {
  /** Ends it all: requests pass by as if it were not there; those under way are still told to their end. */
  dispose(): void
  /** The same as `dispose()`, for `using`. */
  [Symbol.dispose](): void
}

/**
 * Spans and metrics by the HTTP semantic conventions, and the context sent along: to be one of `networkInterceptors`,
 * the last of them if others change headers. Each attempt, be it a retry or a redirect, has a span of its own, below
 * the span that was active at the call.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  const instrumentation = new Instrumentation(settleOpenTelemetry(options))
  const dispose = () => instrumentation.dispose()
  const interceptor: Interceptor = (next) => (request) => instrumentation.dispatch(next, request)
  return Object.assign(interceptor, { dispose, [Symbol.dispose]: dispose })
}
