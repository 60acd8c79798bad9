/**
 * Header blocks of seven other encoders, and what they must decode to. Some of each are kept with the project; when
 * the whole archive lies beside it, that is read too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fieldsOf, hex, newDecoder } from './blocks.ts'

interface Story {
  readonly cases: readonly {
    readonly wire: string
    readonly headers: readonly Readonly<Record<string, string>>[]
    readonly header_table_size?: number | null
  }[]
}

const at = (path: string) => fileURLToPath(new URL(`../../../../../${path}`, import.meta.url))
const folder = at('test/data/hpack-stories')
const archive = at('../shared/data/hpack-stories.tar.gz')

/** Decodes a story; returns how many blocks it has. */
function check(story: Story): number {
  const decoder = newDecoder({
    maxTableSize: story.cases[0]?.header_table_size ?? 4096,
    maxListSize: 1_000_000,
  })
  for (const { wire, headers, header_table_size: limit } of story.cases) {
    if (typeof limit === 'number') decoder.setMaxTableSize(limit)
    const fields = headers.flatMap((header) => Object.entries(header)).flat()
    expect(fieldsOf(decoder, hex(wire)).map(fromUtf8)).toEqual(fields)
  }
  return story.cases.length
}

/** The stories are written in UTF-8; a decoder has no opinion about that. */
function fromUtf8(text: string): string {
  return Buffer.from(text, 'latin1').toString()
}

/** Names and contents of the files in a tar archive. */
function* filesOf(tar: Buffer): Generator<[name: string, content: Buffer]> {
  for (let start = 0; start < tar.length && tar[start] !== 0; ) {
    const name = tar.toString('latin1', start, start + 100).replace(/\0.*$/s, '')
    const size = Number.parseInt(tar.toString('latin1', start + 124, start + 136), 8)
    yield [name, tar.subarray(start + 512, start + 512 + size)]
    start += 512 + Math.ceil(size / 512) * 512
  }
}

describe.each(readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))(
  '$name',
  ({ name: encoder }) => {
    test.each(readdirSync(`${folder}/${encoder}`))('%s', (file) => {
      expect(check(JSON.parse(readFileSync(`${folder}/${encoder}/${file}`, 'utf8')))).toBeGreaterThan(0)
    })
  },
)

test.skipIf(!existsSync(archive))('the whole archive', { timeout: 60_000 }, () => {
  let stories = 0
  let blocks = 0
  for (const [name, content] of filesOf(gunzipSync(readFileSync(archive)))) {
    if (!name.endsWith('.json')) continue
    stories += 1
    blocks += check(JSON.parse(content.toString()))
  }
  expect({ stories, blocks }).toEqual({ stories: 222, blocks: 23_454 })
})
