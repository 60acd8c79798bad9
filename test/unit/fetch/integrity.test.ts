import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { matchesIntegrity } from '../../../src/fetch/integrity.ts'

const digest = (algorithm: string, text: string) =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`
const good = (algorithm: string) => digest(algorithm, 'abc')
const bad = (algorithm: string) => digest(algorithm, 'abd')

test.each<[string, string, boolean]>([
  ['sha256', good('sha256'), true],
  ['sha384', good('sha384'), true],
  ['sha512', good('sha512'), true],
  ['the digest of something else', bad('sha256'), false],
  ['one of several', `${bad('sha256')} ${good('sha256')}`, true],
  ['the strongest counts, and fails', `${good('sha256')} ${bad('sha512')}`, false],
  ['the strongest counts, and matches', `${bad('sha256')}\n${good('sha512')}\t${bad('sha384')}`, true],
  ['an unknown algorithm asks for nothing', 'md5-xxx', true],
  ['beside a known one it is passed over', `md5-xxx ${bad('sha256')}`, false],
  ['options are passed over', `${good('sha256')}?ct=text`, true],
  ['the name in any case', good('sha256').replace('sha', 'SHA'), true],
  ['base64url', good('sha512').replaceAll('+', '-').replaceAll('/', '_'), true],
  ['no padding', good('sha256').replace(/=+$/, ''), true],
  ['no digest', 'sha256-', false],
  ['nothing', '', true],
])('%s', (_, metadata, matches) => {
  expect(matchesIntegrity(Buffer.from('abc'), metadata)).toBe(matches)
})
