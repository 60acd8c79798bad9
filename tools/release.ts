/**
 * `npm run release`: publishes the version of package.json, with provenance. It checks that the tree is clean, that
 * CHANGELOG.md has the version, and that its tag is free; then it runs the gate, packs, and looks at what was packed.
 *
 *   --dry-run     do all of that, publish nothing
 *   --skip-gate   with --dry-run only: do not run `npm run check`
 *
 * Provenance needs a CI with an identity (OpenID Connect): elsewhere `npm publish --provenance` refuses.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is wrong, in words; none when a release may be made. */
export function obstacles(state: {
  readonly version: string
  readonly changelog: string
  readonly lockVersion: string
  /** Lines of `git status --porcelain`. */
  readonly status: string
  readonly tags: readonly string[]
}): readonly string[] {
  const { version, changelog, lockVersion, status, tags } = state
  const found: string[] = []
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) found.push(`package.json: ${version} is no version`)
  if (status !== '') found.push(`The working tree is not clean:\n${status.trimEnd()}`)
  if (lockVersion !== version)
    found.push(`package-lock.json has ${lockVersion}, package.json ${version}: run \`npm install\``)
  if (!sectionOf(changelog, version))
    found.push(`CHANGELOG.md has no section \`## [${version}] - YYYY-MM-DD\` with entries`)
  if (/^## \[Unreleased\]\n+(?!## |$)/m.test(changelog))
    found.push(`CHANGELOG.md: entries under Unreleased belong to ${version}`)
  if (tags.includes(`v${version}`)) found.push(`The tag v${version} is there already`)
  return found
}

/** The entries of a version in the changelog; null without any. */
export function sectionOf(changelog: string, version: string): string | null {
  const head = new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}\\n`, 'm').exec(
    changelog,
  )
  if (head === null) return null
  const rest = changelog.slice(head.index + head[0].length)
  const text = rest.slice(0, /^## /m.exec(rest)?.index).trim()
  return text === '' ? null : text
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function npm(...args: string[]): void {
  say(`> npm ${args.join(' ')}`)
  const { status } = spawnSync('npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm ${args[0]} failed`)
}

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8')
}

function release(dryRun: boolean, skipGate: boolean): void {
  const { version } = JSON.parse(read('package.json'))
  const wrong = obstacles({
    version,
    changelog: read('CHANGELOG.md'),
    lockVersion: JSON.parse(read('package-lock.json')).version,
    status: git('status', '--porcelain'),
    tags: git('tag', '--list', 'v*').split('\n'),
  })
  for (const text of wrong) say(`- ${text}`)
  if (wrong.length > 0 && !dryRun) throw new Error(`${version} cannot be released`)
  if (!skipGate) npm('run', '--silent', 'check')
  if (git('status', '--porcelain') !== '' && !dryRun) throw new Error('The gate changed files of the tree')
  // The gate has run: prepublishOnly would run it once more.
  npm('pack', '--dry-run', '--ignore-scripts')
  if (dryRun) {
    say(
      wrong.length === 0
        ? `Dry run: ${version} can be released`
        : `Dry run: ${version} cannot be released yet`,
    )
    process.exitCode = wrong.length === 0 ? 0 : 1
    return
  }
  npm('publish', '--provenance', '--access', 'public', '--ignore-scripts')
  say(`Published. Now: git tag v${version} && git push origin v${version}`)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean', default: false },
      'skip-gate': { type: 'boolean', default: false },
    },
  })
  try {
    if (values['skip-gate'] && !values['dry-run']) throw new Error('--skip-gate goes with --dry-run only')
    release(values['dry-run'], values['skip-gate'])
  } catch (error) {
    say((error as Error).message)
    process.exitCode = 1
  }
}
