/** `trunkline/interceptors`: ready ones, for `interceptors` of `createClient`. */
import { systemClock } from '../core/clock.ts'
import type { Interceptor } from '../core/dispatch.ts'
import { type AuthOptions, createAuth } from './auth.ts'
import { createHedge, type HedgeOptions } from './hedge.ts'

export type { AuthOptions, Token } from './auth.ts'
export type { DedupeOptions } from './dedupe.ts'
export { dedupe } from './dedupe.ts'
export { defaultHeaders } from './default-headers.ts'
export type { HedgeOptions } from './hedge.ts'

/** Sends a token to the origins that are named, and gets another when it expired or was refused. */
export function auth(options: AuthOptions): Interceptor {
  return createAuth(options, systemClock)
}

/** Sends a request that takes long a second time, within a budget, and takes the answer that comes first. */
export function hedge(options: HedgeOptions): Interceptor {
  return createHedge(options, systemClock)
}
