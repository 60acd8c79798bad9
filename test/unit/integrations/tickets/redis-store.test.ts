import { expect, test } from 'vitest'
import { RedisTlsSessionStore } from '../../../../src/integrations/tickets/redis-store.ts'
import { KEY, session } from './sessions.ts'

test('flush() does not wait for a Redis that hangs', async () => {
  const client = { eval: () => new Promise<never>(() => {}) }
  const store = new RedisTlsSessionStore({ client, key: KEY })
  void store.add('a', session())
  await expect(store.flush(5)).resolves.toBeUndefined()
})

test('flush() waits for what is on its way, however it ends', async () => {
  const calls = [Promise.withResolvers<null>(), Promise.withResolvers<null>()]
  let asked = 0
  const client = { eval: () => calls[asked++]?.promise ?? Promise.resolve(null) }
  const store = new RedisTlsSessionStore({ client, key: KEY })
  void store.add('a', session())
  store.add('b', session()).catch(() => {})
  let isFlushed = false
  const flushed = store.flush(60_000).then(() => {
    isFlushed = true
  })
  calls[0]?.resolve(null)
  await new Promise(setImmediate)
  expect(isFlushed).toBe(false)
  calls[1]?.reject(new Error('down'))
  await flushed
})
