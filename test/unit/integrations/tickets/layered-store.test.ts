import { expect, test, vi } from 'vitest'
import { MemoryTlsSessionStore } from '../../../../src/connect/tls-session-store.ts'
import { LayeredTlsSessionStore } from '../../../../src/integrations/tickets/layered-store.ts'
import { nameOf, session as sessionOf } from './sessions.ts'

const session = (name: string, part = {}) => sessionOf(name, { expiresAt: Date.now() + 60_000, ...part })

function scene() {
  const shared = new MemoryTlsSessionStore()
  return { shared, layered: new LayeredTlsSessionStore({ shared }) }
}

test('of the sessions of one handshake the first is shared, the second stays', async () => {
  const { shared, layered } = scene()
  layered.add('id', session('first'))
  layered.add('id', session('second'))
  expect(nameOf(shared.take('id'))).toBe('first')
  expect(nameOf(await layered.take('id'))).toBe('second')
})

test('nobody is asked while memory has one', async () => {
  const { shared, layered } = scene()
  layered.add('id', session('first'))
  layered.add('id', session('second'))
  const take = vi.spyOn(shared, 'take')
  await layered.take('id')
  expect(take).not.toHaveBeenCalled()
})

test('what memory has not is asked for', async () => {
  const { shared, layered } = scene()
  shared.add('id', session('theirs'))
  expect(nameOf(await layered.take('id'))).toBe('theirs')
})

test('TLS 1.2 sessions are in both', async () => {
  const { shared, layered } = scene()
  layered.add('id', session('t', { version: 'TLSv1.2' }))
  const take = vi.spyOn(shared, 'take')
  expect(nameOf(await layered.take('id'))).toBe('t')
  expect(take).not.toHaveBeenCalled()
  expect(nameOf(shared.take('id'))).toBe('t')
})

test('forgets in both', async () => {
  const { layered } = scene()
  for (const name of ['a', 'b']) layered.add('id', session(name))
  await layered.forget('id')
  expect(await layered.take('id')).toBeUndefined()
})

test('waits as long as the shared store says', () => {
  const shared = Object.assign(new MemoryTlsSessionStore(), { timeout: 7 })
  expect(new LayeredTlsSessionStore({ shared }).timeout).toBe(7)
  expect(() => new LayeredTlsSessionStore({ shared: {} as never })).toThrow('LayeredTlsSessionStore.shared')
})
