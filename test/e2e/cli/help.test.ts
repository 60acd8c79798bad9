/** Help, versions and mistakes: once in a process, and then without, since what is said is the same. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { runCli } from '../support/cli.ts'
import { runHere } from '../support/cli-here.ts'

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('help goes to stdout, and to stderr when it was not asked for', async () => {
  const [asked, not] = await Promise.all([runCli(['--help']), runCli([])])
  for (const { name, summary } of commands)
    expect(asked.stdout).toMatch(new RegExp(`${name} +${summary.slice(0, 12)}`))
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  expect(not).toMatchObject({ code: 2, stdout: '', stderr: asked.stdout })
})

test.each(commands.map(({ name }) => [name]))(
  '%s has help, however wrong the rest of the line is',
  async (name) => {
    const { code, stdout } = await runHere([name, '--nonsense', '-h'])
    expect(stdout).toMatch(new RegExp(`^Usage\n  trunkline ${name} `))
    expect(code).toBe(0)
  },
)

test.each([
  [['gte'], "no command 'gte'. Did you mean get?"],
  [['https://example.com'], 'trunkline get https://example.com'],
  [['probe'], 'Missing origin.'],
  [['get', 'a', 'b'], 'Only one URL is allowed'],
  [['get', '--fail=yes', 'a'], '--fail takes no value'],
  [['get', '-H'], '-H needs a value'],
  [['load', '--part', '3/2', 'a'], '--part must be a share such as'],
  [['load', '-c', '0', 'a'], '--concurrency must be a whole number, 1 or more'],
  [['schema', 'toString'], "not of 'toString'"],
])('%j is a mistake that is explained', async (args, said) => {
  const { code, stdout, stderr } = await runHere(args)
  expect(stderr).toContain(said)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test.each(['get', 'probe', 'load', 'top'])('there is a schema of %s', async (name) => {
  const { stdout } = await runHere(['schema', name])
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'object',
    properties: { kind: { const: `trunkline-${name}` } },
  })
})
