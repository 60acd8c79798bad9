import { readFile, writeFile } from 'node:fs/promises'
import { type Exposure, expose } from '../../telemetry/top/expose.ts'
import { PROTOCOL_OPTIONS, PROXY_OPTIONS, TLS_OPTIONS } from '../client-flags.ts'
import type { Arguments, Command, Io } from '../command.ts'
import { CliError, ExitCode, exitCodeOfName, UsageError } from '../exit-codes.ts'
import { rounded } from '../format.ts'
import { LOAD_REQUEST_OPTIONS } from '../request-flags.ts'
import { layOut } from './layout.ts'
import { load } from './load.ts'
import { page } from './page.ts'
import { planOf } from './plan.ts'
import { Progress } from './progress.ts'
import { type LoadResult, merge, parseResult } from './result.ts'

export const loadCommand: Command = {
  name: 'load',
  summary: 'Send many requests, and measure what they took.',
  usage: ['[OPTIONS] URL', 'merge [OPTIONS] FILE...'],
  about: [
    'Without --rate so many requests are always under way, and a slow server gets fewer. With --rate they start when they are due, whatever the server does, and latency counts from when a request was due: no pause is left out of the figures. Latencies are those of completed responses, to the last byte; failures are counted by their code. Redirects are not followed, nothing is retried. Ctrl-C ends with the results so far.',
    'Several machines share one run with --part i/n and --json; load merge adds their histograms up, exactly.',
  ],
  groups: [
    {
      title: 'Load',
      options: [
        {
          name: 'concurrency',
          short: 'c',
          value: 'N',
          help: 'Requests at once. Default 50; with --rate 1000 at most.',
        },
        { name: 'requests', short: 'n', value: 'N', help: 'Requests in all.' },
        {
          name: 'duration',
          short: 'd',
          value: 'DURATION',
          help: 'For how long: 500ms, 10s, 2m. Default 10s, unless -n is given.',
        },
        { name: 'rate', short: 'r', value: 'N', help: 'Requests a second, whatever the server does.' },
        {
          name: 'warm-up',
          value: 'DURATION',
          help: 'Load it for so long before anything counts. Default: none.',
        },
        {
          name: 'connections',
          value: 'N',
          help: 'Connections at most. Default: one over HTTP/2, as many as requests over HTTP/1.1.',
        },
        { name: 'timeout', value: 'DURATION', help: 'For each request. Default 30s.' },
        { name: 'part', value: 'I/N', help: 'Do the I-th of N shares of this run.' },
      ],
    },
    LOAD_REQUEST_OPTIONS,
    {
      title: 'Results',
      options: [
        {
          name: 'json',
          help: 'Print the results as JSON, histograms included; trunkline schema load has its schema.',
        },
        { name: 'report', value: 'FILE', help: 'Write a page with plots: FILE.html.' },
        {
          name: 'fail',
          short: 'f',
          help: 'Exit with 22 if a request failed, or was answered with 400 or more.',
        },
        { name: 'expose', help: 'Let trunkline top look at this process.' },
      ],
    },
    TLS_OPTIONS,
    PROXY_OPTIONS,
    PROTOCOL_OPTIONS,
  ],
  examples: [
    ['trunkline load -c 20 -d 30s https://localhost:8443/', '20 requests at once, for half a minute'],
    [
      'trunkline load --rate 500 -d 1m --warm-up 5s --report run.html https://localhost:8443/',
      '500 a second, and a page of it',
    ],
    [
      'trunkline load --part 1/2 --rate 5000 --json https://localhost:8443/ > 1.json',
      'the first of two machines',
    ],
    ['trunkline load merge --report run.html 1.json 2.json', 'what the two came to'],
  ],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  const file = given.text('report')
  if (file !== undefined && !/\.html?$/i.test(file)) {
    throw new UsageError(`--report wants a file that ends in .html; it was given '${file}'.`)
  }
  const result = given.operands[0] === 'merge' ? await merged(given) : await measured(given, io)
  if (file !== undefined) await writeReport(file, result)
  const text = given.has('json') ? JSON.stringify(rounded(result)) : layOut(result, io.stdout.paint)
  await io.stdout.write(`${text}\n`)
  if (result.interrupted && io.interrupted.aborted) return ExitCode.INTERRUPTED
  if (given.has('fail') && hasFailures(result)) return ExitCode.STATUS
  return result.requests.completed === 0 ? exitCodeOfFailures(result) : ExitCode.OK
}

async function measured(given: Arguments, io: Io): Promise<LoadResult> {
  const plan = await planOf(given, io)
  const exposure = given.has('expose') ? await exposed() : null
  const progress = new Progress(io.stderr)
  try {
    return await load({
      ...plan,
      interrupted: io.interrupted,
      onWarmUp: (tally) =>
        progress.show('warm-up', tally, { count: Number.POSITIVE_INFINITY, duration: plan.warmUp }),
      onBegin: (tally) => progress.show('load', tally, plan.pace),
    })
  } finally {
    progress.end()
    await exposure?.close()
  }
}

async function exposed(): Promise<Exposure> {
  try {
    return await expose()
  } catch (cause) {
    throw new CliError(ExitCode.FAULT, `--expose: ${(cause as Error).message}.`, cause)
  }
}

async function merged(given: Arguments): Promise<LoadResult> {
  const files = given.operands.slice(1)
  if (files.length === 0) throw new UsageError('load merge wants the files of load --json.')
  const results = await Promise.all(files.map(async (file) => parseResult(await textOf(file), file)))
  return merge(results)
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CliError(ExitCode.CANNOT_READ, `${file} cannot be read: ${(cause as Error).message}.`, cause)
  }
}

async function writeReport(file: string, result: LoadResult): Promise<void> {
  try {
    await writeFile(file, page(result))
  } catch (cause) {
    throw new CliError(
      ExitCode.CANNOT_WRITE,
      `${file} cannot be written: ${(cause as Error).message}.`,
      cause,
    )
  }
}

/** Of a run in which nothing was answered: a script must not take it for one that went well. */
function exitCodeOfFailures({ errors }: LoadResult): ExitCode {
  const [most] = Object.entries(errors).sort(([, one], [, other]) => other - one)
  return most === undefined ? ExitCode.OK : exitCodeOfName(most[0])
}

function hasFailures({ requests, statuses }: LoadResult): boolean {
  return requests.failed > 0 || Object.keys(statuses).some((status) => Number(status) >= 400)
}
