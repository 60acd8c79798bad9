import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readFileName, temporaryName } from '../../../../src/integrations/tickets/file-names.ts'
import {
  FileTlsSessionStore,
  type FileTlsSessionStoreOptions,
} from '../../../../src/integrations/tickets/file-store.ts'
import { Sealer } from '../../../../src/integrations/tickets/sealed-session.ts'
import { KEY, NOW, nameOf, session } from './sessions.ts'

let folder: string
let directory: string
let now: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-tickets-'))
  directory = join(folder, 'some', 'where')
  now = NOW
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const store = (options: Partial<FileTlsSessionStoreOptions> = {}) =>
  new FileTlsSessionStore({ directory, key: KEY, now: () => now, ...options })

/** Each a millisecond after the one before. */
async function addAll(to: FileTlsSessionStore, identity: string, names: readonly string[], part = {}) {
  for (const name of names) {
    now += 1
    await to.add(identity, session(name, part))
  }
}

const taken = async (from: FileTlsSessionStore, identity = 'id') => nameOf(await from.take(identity))

describe('a session', () => {
  test('is there for another process, that is: another store', async () => {
    await store().add('id', session())
    expect(await store().take('id')).toEqual(session())
    expect(await store().take('other')).toBeUndefined()
  })

  test('of TLS 1.3 is given out once, newest first, and the last one again and again', async () => {
    const one = store()
    await addAll(one, 'id', ['a', 'b', 'c'])
    expect([await taken(one), await taken(one), await taken(one), await taken(one)]).toEqual([
      'c',
      'b',
      'a',
      'a',
    ])
  })

  test('is given out once even when it is the last, when that is wanted', async () => {
    const one = store({ singleUse: true })
    await addAll(one, 'id', ['a', 'b'])
    expect([await taken(one), await taken(one), await taken(one)]).toEqual(['b', 'a', undefined])
  })

  test('of TLS 1.2 is given out many times', async () => {
    const one = store({ singleUse: true })
    await addAll(one, 'id', ['a', 'b'], { version: 'TLSv1.2' })
    expect([await taken(one), await taken(one)]).toEqual(['b', 'b'])
  })

  test('that is given back is there once', async () => {
    const one = store()
    await addAll(one, 'id', ['a'])
    const back = await one.take('id')
    if (back !== undefined) await one.add('id', back)
    expect(readdirSync(directory)).toHaveLength(1)
  })

  test('is gone when it has expired, and its file with the next that is written', async () => {
    const one = store()
    await one.add('id', session())
    now = session().expiresAt
    expect(await one.take('id')).toBeUndefined()
    await one.add('other', session('x', { expiresAt: now + 1000 }))
    expect(readdirSync(directory)).toHaveLength(1)
  })

  test('is forgotten with all of its identity', async () => {
    const one = store()
    await addAll(one, 'id', ['a', 'b'])
    await addAll(one, 'other', ['c'])
    await one.forget('id')
    expect([await taken(one), await taken(one, 'other')]).toEqual([undefined, 'c'])
  })

  test('that two want at once goes to one of them', async () => {
    await addAll(store(), 'id', ['a', 'b', 'c', 'd'])
    const takers = Array.from({ length: 12 }, () => store({ singleUse: true }))
    const got = (await Promise.all(takers.map((one) => taken(one)))).filter((name) => name !== undefined)
    expect(got.sort()).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('files', () => {
  test.skipIf(process.platform === 'win32')('are for their owner alone, the directory too', async () => {
    await store().add('id', session())
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([
      0o600,
    ])
  })

  test('show nothing of what is in them', async () => {
    await store().add('secret-identity', session('secret-ticket'))
    const [name = ''] = readdirSync(directory)
    expect(`${name}${readFileSync(join(directory, name), 'latin1')}`).not.toMatch(/secret|AA:BB/)
  })

  test('are bounded: per identity, in number and in bytes, oldest first', async () => {
    await addAll(store({ maxPerIdentity: 2 }), 'id', ['a', 'b', 'c'])
    expect(readdirSync(directory)).toHaveLength(2)
    const few = store({ maxSessions: 3 })
    for (const identity of ['1', '2', '3', '4']) await addAll(few, identity, ['x'])
    expect(readdirSync(directory)).toHaveLength(3)
    expect([await taken(few, '1'), await taken(few, '4')]).toEqual([undefined, 'x'])
    const { size } = statSync(join(directory, readdirSync(directory)[0] as string))
    const small = store({ maxBytes: 2.5 * size })
    await addAll(small, '5', ['x'])
    expect(readdirSync(directory)).toHaveLength(2)
  })

  test('that were written half, or by somebody else, are passed over and removed', async () => {
    const one = store()
    await addAll(one, 'id', ['old', 'cut', 'long', 'noise'])
    const byName = readdirSync(directory)
      .flatMap((name) => readFileName(name) ?? [])
      .sort((a, b) => a.writtenAt - b.writtenAt)
    const path = (index: number) => join(directory, byName[index]?.name as string)
    truncateSync(path(1), 10)
    writeFileSync(path(2), Buffer.concat([readFileSync(path(2)), Buffer.alloc(1)]))
    writeFileSync(path(3), randomBytes(byName[3]?.bytes as number))
    expect(await taken(one)).toBe('old')
    expect(readdirSync(directory)).toEqual([byName[0]?.name])
  })

  test('of one identity that are renamed to those of another open for nobody', async () => {
    const one = store()
    await addAll(one, 'good', ['a'])
    const [name = ''] = readdirSync(directory)
    const placeOf = (identity: string) => new Sealer(KEY).seal(identity, session()).label.place
    renameSync(join(directory, name), join(directory, name.replace(placeOf('good'), placeOf('evil'))))
    expect(readdirSync(directory)).not.toEqual([name])
    expect(await taken(one, 'evil')).toBeUndefined()
    expect(readdirSync(directory)).toEqual([])
  })

  test('say by what is in them, not by their name, whether they are for single use', async () => {
    await addAll(store(), 'a', ['one'])
    const [name = ''] = readdirSync(directory)
    renameSync(join(directory, name), join(directory, name.replace(/-1-(?=[0-9a-f]{16}-)/, '-2-')))
    const strict = store({ singleUse: true })
    expect(nameOf(await strict.take('a'))).toBe('one')
    expect(await strict.take('a')).toBeUndefined()
  })

  test('that cannot be read do not keep the others from use', async () => {
    await addAll(store(), 'a', ['older', 'newer'])
    const [newer = ''] = readdirSync(directory)
      .map((name) => readFileName(name))
      .sort((a, b) => (b?.writtenAt ?? 0) - (a?.writtenAt ?? 0))
      .map((file) => file?.name)
    rmSync(join(directory, newer))
    mkdirSync(join(directory, newer))
    expect(nameOf(await store().take('a'))).toBe('older')
  })

  test('of another key are left alone: another process may have it', async () => {
    const key = randomBytes(32)
    await addAll(store({ key }), 'id', ['theirs'])
    await addAll(store(), 'id', ['ours'])
    expect([await taken(store()), await taken(store({ key }))]).toEqual(['ours', 'theirs'])
    // One who has both keys has both sessions.
    const both = store({ key: [KEY, key] })
    expect([await taken(both), await taken(both)]).toEqual(['ours', 'theirs'])
  })

  test('are forgotten under all keys that are given, and under no other', async () => {
    const [old, foreign] = [randomBytes(32), randomBytes(32)]
    for (const key of [old, foreign, KEY]) await addAll(store({ key }), 'id', ['x'])
    await store({ key: [KEY, old] }).forget('id')
    expect(readdirSync(directory)).toHaveLength(1)
    expect(await taken(store({ key: foreign }))).toBe('x')
  })

  test('that were named when names had no key are misses, and go when they expire', async () => {
    await addAll(store(), 'id', ['old'])
    const [name = ''] = readdirSync(directory)
    const digest = createHash('sha256').update('id').digest('hex').slice(0, 32)
    renameSync(join(directory, name), join(directory, name.replace(/(?<=^t1-)[0-9a-f]{32}/, digest)))
    expect(await taken(store())).toBeUndefined()
    await addAll(store(), 'id', ['new'])
    expect([await taken(store()), readdirSync(directory).length]).toEqual(['new', 2])
    now = session().expiresAt
    await addAll(store(), 'id', ['newer'], { expiresAt: now + 1000 })
    expect(readdirSync(directory)).toHaveLength(1)
  })

  test('that are not ours stay, and those whose writer died go', async () => {
    const one = store()
    await addAll(one, 'id', ['a'])
    const dead = temporaryName(now - 61_000, 'abcd')
    const alive = temporaryName(now, 'abcd')
    for (const name of ['README', 't1-x.tls', dead, alive]) writeFileSync(join(directory, name), 'x')
    await addAll(one, 'id', ['b'])
    const names = readdirSync(directory)
    expect(names).toEqual(expect.arrayContaining(['README', 't1-x.tls', alive]))
    expect(names).not.toContain(dead)
  })

  test('come back when somebody removed the directory', async () => {
    const one = store()
    await addAll(one, 'id', ['a'])
    rmSync(directory, { recursive: true })
    expect(await taken(one)).toBeUndefined()
    await addAll(one, 'id', ['b'])
    expect(await taken(one)).toBe('b')
  })

  test('cannot be where a file is: that fails, and is for the client to count', async () => {
    writeFileSync(join(folder, 'file'), '')
    const one = store({ directory: join(folder, 'file') })
    await expect(one.take('id')).rejects.toThrow(/ENOTDIR/)
    await expect(one.add('id', session())).rejects.toThrow()
    await one.flush()
  })

  test('are all in their place after flush()', async () => {
    const one = store({ maxPerIdentity: 10 })
    for (const name of ['a', 'b', 'c']) void one.add('id', session(name))
    await one.flush()
    expect(readdirSync(directory)).toHaveLength(3)
  })
})

test.each([
  ['FileTlsSessionStore.directory', { directory: '' }],
  ['FileTlsSessionStore.directory', { directory: undefined }],
  ['FileTlsSessionStore.maxSessions', { maxSessions: 0 }],
  ['FileTlsSessionStore.timeout', { timeout: '5' }],
  ['FileTlsSessionStore.path', { path: 'x' }],
])('%s is refused by name when it is wrong', (name, options) => {
  expect(() => store(options as never)).toThrow(name)
})
