import { createHash, randomBytes } from 'node:crypto'
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

test('what names its lists is no digest that could be made without the key, and has its prefix', async () => {
  const names: string[] = []
  const client = {
    eval: async (_script: string, { keys }: { keys: string[] }) => {
      names.push(...keys)
      return null
    },
  }
  const [old, next] = [KEY, randomBytes(32)]
  const store = new RedisTlsSessionStore({ client, key: [next, old], prefix: 'mine:' })
  await store.add('id', session())
  expect(names).toEqual([expect.stringMatching(/^mine:1:[0-9a-f]{32}$/)])
  expect(createHash('sha256').update('id').digest('hex')).not.toContain(names[0]?.slice(-32))
  // One list at a time: those of a cluster may be on different machines.
  await store.take('id')
  expect(names.slice(1)).toEqual([names[0], expect.not.stringContaining(names[0] as string)])
})
