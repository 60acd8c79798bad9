import { describe, expect, test } from 'vitest'
import { obstacles, sectionOf } from '../../tools/release.ts'

const changelog =
  '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-21\n\n### Added\n\n- A thing.\n\n## [1.1.0] - 2026-01-01\n\n- B.\n'
const good = { version: '1.2.0', changelog, lockVersion: '1.2.0', status: '', tags: ['v1.1.0'] }

describe('a release', () => {
  test('may be made of a clean tree whose changelog has the version', () => {
    expect(obstacles(good)).toEqual([])
  })

  test.each([
    ['a tree that is not clean', { status: ' M src/index.ts\n' }, /not clean:\n M src/],
    ['a lockfile of another version', { lockVersion: '1.1.0' }, /package-lock.json has 1.1.0/],
    [
      'a version that the changelog lacks',
      { version: '1.3.0', lockVersion: '1.3.0' },
      /no section `## \[1.3.0\]/,
    ],
    [
      'entries that belong to no version',
      { changelog: changelog.replace('## [1.2.0]', '- Late.\n\n## [1.2.0]') },
      /Unreleased/,
    ],
    ['a tag that is there', { tags: ['v1.2.0'] }, /v1.2.0 is there/],
  ])('is held up by %s', (_what, change, message) => {
    expect(obstacles({ ...good, ...change })).toEqual([expect.stringMatching(message)])
  })

  test('finds the entries of its version', () => {
    expect(sectionOf(changelog, '1.2.0')).toBe('### Added\n\n- A thing.')
    expect(sectionOf(changelog, '1.1.0')).toBe('- B.')
    expect(sectionOf(changelog, '1.0.0')).toBeNull()
  })
})
