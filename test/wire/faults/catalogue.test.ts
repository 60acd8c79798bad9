/** That every number of faults.md stands in a title of this folder, or is named as covered elsewhere. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { account, accountText, ELSEWHERE, LAST_NUMBER, numbersOf } from './catalogue.ts'

describe('the account of the catalogue', () => {
  const run = [
    { title: '#1 a', result: 'passed' },
    { title: '#1 b', result: 'failed' },
    { title: '#2 a', result: 'passed' },
    { title: '#2 b (skipped: why)', result: 'skipped', note: 'why' },
    { title: '#3 a', result: 'skipped', note: 'hidden' },
    { title: '#4 a', result: 'todo' },
    { title: 'beside the catalogue', result: 'passed' },
  ] as const

  test('takes each number once, by the worst of its tests', () => {
    const sum = account(run)
    expect(sum).toMatchObject({ met: [], failed: [1], inPart: [2], skipped: [3], missing: [4] })
    expect(Object.values(sum).flat()).toHaveLength(LAST_NUMBER)
  })

  test('says why a case is not met, once', () => {
    const text = accountText(run)
    expect(text).toContain('  skipped: #2 b (skipped: why)\n')
    expect(text).toContain('  skipped: #3 a (hidden)\n')
    expect(text).toContain('not accounted for: ')
  })

  test('finds the numbers of a title', () => {
    expect(numbersOf('#12 of #13 and not x#14 or #15')).toEqual([12, 13])
  })

  test('names only files and tests that are there', async () => {
    for (const { file, test: title } of Object.values(ELSEWHERE).flat())
      expect(await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')).toContain(title)
  })
})
