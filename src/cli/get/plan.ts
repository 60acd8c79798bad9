import type { Arguments } from '../command.ts'
import type { RequestSpec } from '../request-flags.ts'
import type { Delivery } from './delivery.ts'

/** What get is to do. */
export interface GetPlan {
  readonly url: URL
  readonly request: RequestSpec
  readonly delivery: Delivery
  readonly given: Arguments
}
