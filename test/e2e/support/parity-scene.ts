/** For each test of a file a server, and a client of ours beside the platform's fetch. */
import { beforeEach } from 'vitest'
import { Bench } from './bench.ts'
import { type AnyFetch, parityRoutes, sameAsPlatform } from './parity.ts'

export const bench = new Bench()
export const platform = globalThis.fetch as AnyFetch
export let origin = ''
export let ours: AnyFetch = platform

beforeEach(async () => {
  origin = (await bench.h1Server({ plain: true, handler: parityRoutes })).origin
  ours = bench.client().fetch as unknown as AnyFetch
})

export const expectSame = sameAsPlatform(() => ours)
