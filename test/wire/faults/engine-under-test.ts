import { settleOptions } from '../../../src/client-options.ts'

/** What speaks HTTP/2 in this run; TRUNKLINE_ENGINE says so to the client, and to the expectations. */
export const { engine } = settleOptions()
