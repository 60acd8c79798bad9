import { expect, test } from 'vitest'
import type { RouteHandler } from '../support/servers.ts'
import { Bench } from './support/bench.ts'
import { resultOf, runChild } from './support/child.ts'

const bench = new Bench()

/** Little work for the server, which shares the machine with the client. */
const answer: RouteHandler = (request, response) => {
  if (request.method === 'POST') request.resume()
  response.setHeader('content-type', 'application/json')
  response.end('{"hello":"world"}')
}

const NOTHING = { handles: [], timers: 0, sockets: 0, connections: 0, origins: 0, active: 0, queued: 0 }

interface Measured {
  /** Against the heap after the first round: then (0), halfway, and at the end. */
  readonly grownKiB: readonly [number, number, number]
}

async function measure(origin: string, first: number, second: number): Promise<Measured> {
  const result = await runChild('many-requests', {
    flags: ['--expose-gc'],
    args: [origin, String(first), String(second)],
    deadline: 280_000,
  })
  expect(result.stderr).toBe('')
  return resultOf(result) as Measured
}

/** Node itself may give back some megabytes once, in either half; a leak shows in both. */
function expectFlat({ grownKiB: [start, halfway, end] }: Measured, what: string): void {
  console.log(`${what}: ${halfway} KiB more on the heap halfway, ${end} KiB at the end`)
  expect(halfway - start).toBeLessThan(1536)
  expect(end - halfway).toBeLessThan(1536)
}

test('the first 10,000 requests and the next 100,000 leave the same heap, and after close() nothing is left (h2)', {
  timeout: 300_000,
}, async () => {
  const server = await bench.h2Server({ handler: answer })
  const measured = await measure(server.origin, 10_000, 100_000)
  expect(measured).toMatchObject({ ...NOTHING, failed: 0, dials: 1, requests: 110_000 })
  expectFlat(measured, 'h2, 100,000 further requests')
})

test('and so do 2,000 and 10,000 over HTTP/1.1', { timeout: 300_000 }, async () => {
  const server = await bench.h1Server({ handler: answer })
  const measured = await measure(server.origin, 2000, 10_000)
  expect(measured).toMatchObject({ ...NOTHING, failed: 0, requests: 12_000 })
  expectFlat(measured, 'HTTP/1.1, 10,000 further requests')
})
