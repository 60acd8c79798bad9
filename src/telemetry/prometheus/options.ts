import { Registry } from 'prom-client'
import type { InvalidRequestError } from '../../core/errors.ts'
import { notAnOption } from '../../core/nearest.ts'
import { invalidOption } from '../../interceptors/invalid-option.ts'
import { boolean, type Check, whole } from '../../option-checks.ts'
import { checkRoutes, type Routes } from '../route-templates.ts'

/** Options of the metrics. */
export interface PrometheusOptions {
  /** What the name of each metric begins with. Default `trunkline_`. */
  readonly prefix?: string
  /** Upper bounds of the buckets of durations, seconds, in ascending order. Default 5 ms to 10 s. */
  readonly buckets?: readonly number[]
  /** Origins that have a label of their own; later ones share `other`. Default 100. */
  readonly maxOrigins?: number
  /** Adds the label `route`, made of the URL by a function or by patterns such as `/users/:id`. Default: no such label. */
  readonly routes?: Routes
  /** Routes that have a label of their own; later ones share `other`. Default 100. */
  readonly maxRoutes?: number
  /** Measure the delay of the event loop. Default true. */
  readonly eventLoop?: boolean
}

export interface SettledPrometheus {
  readonly prefix: string
  readonly buckets: readonly number[]
  readonly maxOrigins: number
  readonly routes: Routes | null
  readonly maxRoutes: number
  readonly eventLoop: boolean
}

/** Seconds. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const prefix: Check = (value) =>
  typeof value === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value)
    ? null
    : 'letters, digits, _ and :, beginning with none of the digits'

const buckets: Check = (value) => {
  const ascending =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((bound, index) => Number.isFinite(bound) && bound > 0 && !(bound <= value[index - 1]))
  return ascending ? null : 'a list of seconds above 0, in ascending order'
}

const CHECKS: { readonly [Name in keyof Required<PrometheusOptions>]: Check | null } = {
  prefix,
  buckets,
  maxOrigins: whole(1),
  routes: null,
  maxRoutes: whole(1),
  eventLoop: boolean,
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming what is wrong. */
export function settlePrometheus(registry: unknown, options: PrometheusOptions): SettledPrometheus {
  if (!isRegistry(registry)) throw invalid('the first argument must be a Registry of prom-client')
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object')
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw invalid(`${name} ${notAnOption(name, Object.keys(CHECKS))}`)
    const expected = value === undefined ? null : (CHECKS[name as keyof PrometheusOptions]?.(value) ?? null)
    if (expected !== null) throw invalid(`${name} must be ${expected}`)
  }
  const wrong = options.routes === undefined ? null : checkRoutes(options.routes)
  if (wrong !== null) throw invalid(`routes ${wrong}`)
  return {
    prefix: options.prefix ?? 'trunkline_',
    buckets: [...(options.buckets ?? DEFAULT_BUCKETS)],
    maxOrigins: options.maxOrigins ?? 100,
    routes: options.routes ?? null,
    maxRoutes: options.maxRoutes ?? 100,
    eventLoop: options.eventLoop ?? true,
  }
}

/** By its methods too: an application may have another copy of prom-client than we find. */
function isRegistry(value: unknown): value is Registry {
  if (value instanceof Registry) return true
  const registry = value as Partial<Registry> | null | undefined
  return (
    typeof registry?.registerMetric === 'function' &&
    typeof registry.removeSingleMetric === 'function' &&
    typeof registry.getSingleMetric === 'function'
  )
}

export function invalid(why: string): InvalidRequestError {
  return invalidOption('prometheus', why)
}
