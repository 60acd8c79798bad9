import { expect, test } from 'vitest'
import { checkProxyTls } from '../../../../src/client-options.ts'
import { DialProgress } from '../../../../src/connect/dial-progress.ts'
import { HopPool, type HopPoolContext, type HopWaiter } from '../../../../src/connect/proxy/hop-pool.ts'
import { ProxyServer, readProxy } from '../../../../src/connect/proxy/proxy-server.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

test('a further dial does not start the time of those anew who wait for one that still runs', async () => {
  const clock = new FakeClock()
  const facts = readProxy('http://p.test:3128', { checkTls: checkProxyTls, cleartext: 'http/1.1' })
  const context = {
    clock,
    connector: () => ({ connect: () => new Promise(() => {}) }),
    spoke: undefined,
    onSpoke() {},
    onEmpty() {},
  } as unknown as HopPoolContext
  const pool = new HopPool(new ProxyServer(facts, 'p'), context)
  const waiter = (): HopWaiter => ({
    progress: new DialProgress(),
    useSession() {},
    useSocket() {},
    fail() {},
  })
  const first = waiter()
  const began = clock.now()
  pool.enter(first)
  await clock.advance(50)
  pool.enter(waiter())
  expect(pool.dialling).toBe(2)
  expect(first.progress.phaseAt).toBe(began)
})
