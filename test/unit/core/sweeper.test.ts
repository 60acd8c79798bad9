import { describe, expect, test } from 'vitest'
import { Sweeper, type Swept } from '../../../src/core/sweeper.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const sweeper = new Sweeper(clock, 100)
  const seen: string[] = []
  const task = (name: string, then: () => void = () => {}): Swept => ({
    check: (now) => {
      seen.push(`${name}@${now}`)
      then()
    },
    place: -1,
  })
  return { clock, sweeper, seen, task }
}

describe('Sweeper', () => {
  test('looks at each task every period, with one timer for all', async () => {
    const { clock, sweeper, seen, task } = setUp()
    sweeper.add(task('a'))
    await clock.advance(50)
    sweeper.add(task('b'))
    expect(clock.pending).toBe(1)
    await clock.advance(150)
    expect(seen).toEqual(['a@100', 'b@100', 'a@200', 'b@200'])
  })

  test('does nothing and holds no timer while there is no task', async () => {
    const { clock, sweeper, task } = setUp()
    expect(clock.pending).toBe(0)
    const a = task('a')
    sweeper.add(a)
    sweeper.delete(a)
    await clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  test('begins again after it was empty', async () => {
    const { clock, sweeper, seen, task } = setUp()
    const a = task('a')
    sweeper.add(a)
    sweeper.delete(a)
    await clock.advance(1000)
    sweeper.add(a)
    await clock.advance(100)
    expect(seen).toEqual(['a@1100'])
  })

  test('tasks may leave, and come, while they are looked at', async () => {
    const { clock, sweeper, seen, task } = setUp()
    const c = task('c')
    const a = task('a', () => sweeper.delete(a))
    const b = task('b', () => sweeper.add(c))
    sweeper.add(a)
    sweeper.add(b)
    await clock.advance(200)
    expect(seen.filter((entry) => entry.startsWith('a'))).toEqual(['a@100'])
    expect(seen).toContain('c@200')
    expect(clock.pending).toBe(1)
  })

  test('one that leaves is not looked at again, whoever takes its place', async () => {
    const { clock, sweeper, seen, task } = setUp()
    const tasks = ['a', 'b', 'c', 'd'].map((name) => task(name))
    for (const each of tasks) sweeper.add(each)
    sweeper.add(tasks[0] as Swept)
    sweeper.delete(tasks[1] as Swept)
    sweeper.delete(tasks[1] as Swept)
    sweeper.delete(tasks[3] as Swept)
    await clock.advance(100)
    expect(seen.toSorted()).toEqual(['a@100', 'c@100'])
    sweeper.delete(tasks[0] as Swept)
    await clock.advance(100)
    expect(seen).toHaveLength(3)
    expect(seen.at(-1)).toBe('c@200')
  })

  test('a task may want to be looked at sooner: then all are, until none is left', async () => {
    const { clock, sweeper, seen, task } = setUp()
    const hasty = task('hasty')
    sweeper.add(task('a', () => seen.length > 4 && sweeper.stop()))
    await clock.advance(10)
    sweeper.add(hasty, 20)
    expect(clock.pending).toBe(1)
    await clock.advance(40)
    expect(seen).toEqual(['a@30', 'hasty@30', 'a@50', 'hasty@50'])
    sweeper.stop()
    sweeper.add(hasty)
    sweeper.delete(hasty)
    await clock.advance(20)
    const late = task('late')
    sweeper.add(late)
    await clock.advance(99)
    expect(seen).not.toContain('late@169')
  })

  test('its timer does not keep the process alive', () => {
    const { clock, sweeper, task } = setUp()
    sweeper.add(task('a'))
    expect(clock.pendingRefs).toBe(0)
  })

  test('stopped, it looks at nothing any more', async () => {
    const { clock, sweeper, seen, task } = setUp()
    sweeper.add(task('a'))
    sweeper.stop()
    expect(clock.pending).toBe(0)
    await clock.advance(1000)
    expect(seen).toEqual([])
  })

  test('stopped from within a look, it does not go on', async () => {
    const { clock, sweeper, seen, task } = setUp()
    sweeper.add(task('a', () => sweeper.stop()))
    sweeper.add(task('b'))
    await clock.advance(1000)
    expect(seen).toEqual(['a@100'])
    expect(clock.pending).toBe(0)
  })
})
