import { createClient } from '../../client.ts'
import {
  clientOptions,
  onlyOperand,
  PROTOCOL_OPTIONS,
  PROXY_OPTIONS,
  TLS_OPTIONS,
  urlOf,
} from '../client-flags.ts'
import type { Arguments, Command, Io } from '../command.ts'
import { ExitCode, UsageError } from '../exit-codes.ts'
import { REQUEST_OPTIONS, requestSpec } from '../request-flags.ts'
import { deliveryOf } from './delivery.ts'
import { type Done, exchange } from './exchange.ts'
import type { GetPlan } from './plan.ts'
import { recordWaterfall } from './recording.ts'
import { getAndResume } from './resume.ts'
import { writeSummary } from './summary.ts'
import { timingTable } from './timing-table.ts'
import { startTrace } from './trace.ts'

export const get: Command = {
  name: 'get',
  summary: 'Fetch a URL and show where the time went.',
  usage: ['[OPTIONS] URL'],
  about: [
    'The body goes to standard output, everything else to standard error. Redirects are followed and compressed bodies decoded. A URL without a scheme means https.',
  ],
  groups: [
    REQUEST_OPTIONS,
    {
      title: 'Response',
      options: [
        {
          name: 'output',
          short: 'o',
          value: 'FILE',
          help: 'Write the body to this file; - is standard output, even for a binary body on a terminal.',
        },
        { name: 'include', short: 'i', help: 'Also print the status and header fields.' },
        { name: 'head', short: 'I', help: 'Request only the head (HEAD) and print it.' },
        { name: 'location', short: 'L', help: 'Follow redirects (the default).' },
        { name: 'no-follow', help: 'Do not follow redirects.' },
        { name: 'raw', help: 'Do not request compression and do not decode the body.' },
        { name: 'fail', short: 'f', help: 'Exit with 22 and write no body if the status is 400 or more.' },
        {
          name: 'timeout',
          value: 'DURATION',
          help: 'Limit for the whole transfer: 500ms, 10s, 2m. Default: none.',
        },
        {
          name: 'retry',
          value: 'N',
          help: 'Retry up to N times where that is safe: lost connections, 503, Retry-After. Default: once, for lost connections only.',
        },
      ],
    },
    TLS_OPTIONS,
    PROXY_OPTIONS,
    PROTOCOL_OPTIONS,
    {
      title: 'Diagnostics',
      options: [
        {
          name: 'verbose',
          short: 'v',
          help: 'Show lookups, handshakes, header fields, redirects and retries; with --engine wire also frames.',
        },
        { name: 'timing', short: 't', help: 'Show a table of where the time went.' },
        {
          name: 'resume',
          help: 'Fetch twice, each time over a new connection, and compare the full TLS handshake with the resumed one.',
        },
        {
          name: 'waterfall',
          value: 'FILE',
          help: 'Write a recording of the request as a page (.html), HAR 1.2 (.har) or raw data (.json).',
        },
        {
          name: 'summary',
          value: 'FILE',
          help: 'Write request, response head, timings and failure as JSON; - prints it instead of the body. Schema: trunkline schema get.',
        },
      ],
    },
  ],
  examples: [
    ['trunkline get https://localhost:8443/', 'print the body'],
    ['trunkline get -iv example.com', 'with headers and details'],
    [`trunkline get --json '{"a":1}' https://localhost:8443/echo`, 'POST JSON'],
    ['trunkline get --timing --resume https://localhost:8443/', 'see what a resumed handshake saves'],
    ['trunkline get --waterfall page.html https://localhost:8443/', 'write a waterfall page'],
  ],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  const plan = await planOf(given, io)
  const trace = given.has('verbose') ? startTrace(io.stderr) : null
  const recording = await recordWaterfall(given.text('waterfall'))
  try {
    const done = given.has('resume') ? await getAndResume(plan, io) : [await getOnce(plan, io)]
    const summary = given.text('summary')
    if (summary !== undefined) await writeSummary(summary, plan, done, io)
    const last = done.at(-1) as Done
    if (last.error !== null) throw last.error
    return plan.delivery.fail && last.status >= 400 ? refused(last, io) : ExitCode.OK
  } finally {
    trace?.()
    await recording?.finish(io)
  }
}

async function planOf(given: Arguments, io: Io): Promise<GetPlan> {
  const url = urlOf(onlyOperand(given, 'URL'))
  if (given.has('resume') && url.protocol !== 'https:') throw new UsageError('--resume needs an https URL.')
  if (given.has('resume') && given.has('insecure')) {
    throw new UsageError(
      '--resume needs a trusted server, because nothing is resumed with --insecure. Pass its authority with --ca.',
    )
  }
  if (given.has('location') && given.has('no-follow'))
    throw new UsageError('--location and --no-follow cannot be used together.')
  const spec = await requestSpec(given, io, given.text('json'))
  const request = given.has('head') ? { ...spec, method: given.text('method') ?? 'HEAD' } : spec
  return { url, request, delivery: deliveryOf(given), given }
}

async function getOnce(plan: GetPlan, io: Io): Promise<Done> {
  const client = createClient({ ...(await clientOptions(plan.given)), closeOnSignals: false })
  const done = await exchange(client, plan, io, plan.delivery)
  // The user waits for the prompt, not for the server to agree that it is over.
  await client.close({ timeout: 1000 })
  if (plan.given.has('timing') && done.timings !== null) {
    io.stderr.line(timingTable([{ title: '', done }], io.stderr.paint))
  }
  return done
}

function refused({ status }: Done, io: Io): ExitCode {
  io.stderr.line(`${io.stderr.paint.bad('trunkline:')} the status was ${status}`)
  return ExitCode.STATUS
}
