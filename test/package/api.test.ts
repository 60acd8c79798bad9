/** The API as it is written down, and as the tools tell it. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { apiReports, reportFolder } from '../../tools/api-report.ts'
import { subpaths } from '../../tools/subpaths.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('every subpath is built, and every built file is a subpath', () => {
  const exported = Object.keys(manifest.exports).filter((name) => name !== './package.json')
  expect(exported.map((name) => name.replace('.', 'trunkline')).sort()).toEqual(
    subpaths()
      .map(({ specifier }) => specifier)
      .sort(),
  )
})

test('api/ has what the build exports: after a change on purpose, `npm run api` writes it anew', () => {
  const written = readdirSync(reportFolder).sort()
  const reports = apiReports()
  expect(written).toEqual([...reports.keys()].sort())
  for (const [name, text] of reports) expect(readFileSync(join(reportFolder, name), 'utf8'), name).toBe(text)
})

test('the API reference is complete, and its links lead somewhere', { timeout: 300_000 }, async () => {
  const tool = join(root, 'tools/api-docs.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [tool, '--check'], { cwd: root }).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})
