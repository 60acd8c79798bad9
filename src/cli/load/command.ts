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
  summary: 'Send many requests and measure their latency.',
  usage: ['[OPTIONS] URL', 'merge [OPTIONS] FILE...'],
  about: [
    'Without --rate, a fixed number of requests is always in flight, so a slow server gets fewer. With --rate, requests start on schedule whatever the server does, and latency counts from the scheduled time, so that no stall is hidden. Latency runs to the last byte of a complete response; failures are counted by their code. Redirects are not followed and nothing is retried. Ctrl-C stops and prints the results so far.',
    'To share a run between machines, use --part i/n and --json; load merge adds up their histograms without loss.',
  ],
  groups: [
    {
      title: 'Load',
      options: [
        {
          name: 'concurrency',
          short: 'c',
          value: 'N',
          help: 'Requests in flight. Default: 50; with --rate, at most 1000.',
        },
        { name: 'requests', short: 'n', value: 'N', help: 'Total number of requests.' },
        {
          name: 'duration',
          short: 'd',
          value: 'DURATION',
          help: 'How long to run: 500ms, 10s, 2m. Default: 10s, unless -n is given.',
        },
        { name: 'rate', short: 'r', value: 'N', help: 'Requests per second, whatever the server does.' },
        {
          name: 'warm-up',
          value: 'DURATION',
          help: 'Send load for this long before measuring. Default: none.',
        },
        {
          name: 'connections',
          value: 'N',
          help: 'Maximum number of connections. Default: 1 for HTTP/2, one per request in flight for HTTP/1.1.',
        },
        { name: 'timeout', value: 'DURATION', help: 'Limit for each request. Default: 30s.' },
        { name: 'part', value: 'I/N', help: 'Run share I of N of this run.' },
      ],
    },
    LOAD_REQUEST_OPTIONS,
    {
      title: 'Results',
      options: [
        {
          name: 'json',
          help: 'Print the results, with histograms, as JSON. Schema: trunkline schema load.',
        },
        { name: 'report', value: 'FILE', help: 'Write a page with plots (.html).' },
        {
          name: 'fail',
          short: 'f',
          help: 'Exit with 22 if a request failed or got a status of 400 or more.',
        },
        { name: 'expose', help: 'Let trunkline top watch this process.' },
      ],
    },
    TLS_OPTIONS,
    PROXY_OPTIONS,
    PROTOCOL_OPTIONS,
  ],
  examples: [
    ['trunkline load -c 20 -d 30s https://localhost:8443/', '20 requests in flight for 30 seconds'],
    [
      'trunkline load --rate 500 -d 1m --warm-up 5s --report run.html https://localhost:8443/',
      '500 requests per second, with a report page',
    ],
    [
      'trunkline load --part 1/2 --rate 5000 --json https://localhost:8443/ > 1.json',
      'on the first of two machines',
    ],
    ['trunkline load merge --report run.html 1.json 2.json', 'merge the results of both'],
  ],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  const file = given.text('report')
  if (file !== undefined && !/\.html?$/i.test(file)) {
    throw new UsageError(`--report needs a file name that ends in .html, not '${file}'.`)
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
  if (files.length === 0) throw new UsageError('load merge needs the files written by load --json.')
  const results = await Promise.all(files.map(async (file) => parseResult(await textOf(file), file)))
  return merge(results)
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CliError(ExitCode.CANNOT_READ, `Cannot read ${file}: ${(cause as Error).message}.`, cause)
  }
}

async function writeReport(file: string, result: LoadResult): Promise<void> {
  try {
    await writeFile(file, page(result))
  } catch (cause) {
    throw new CliError(ExitCode.CANNOT_WRITE, `Cannot write ${file}: ${(cause as Error).message}.`, cause)
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
