import { parseTarget } from '../../core/origin.ts'
import {
  hostsOf,
  onlyOperand,
  PROXY_OPTIONS,
  proxyOf,
  TLS_OPTIONS,
  tlsOptions,
  urlOf,
} from '../client-flags.ts'
import type { Arguments, Command, Io } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { rounded } from '../format.ts'
import { layOut } from './layout.ts'
import { probe } from './probe.ts'

const DEFAULT_TIMEOUT = 10_000
const DEFAULT_PINGS = 5

export const probeCommand: Command = {
  name: 'probe',
  summary: 'Check whether an origin is ready for HTTP/2, and what clients should know.',
  usage: ['[OPTIONS] ORIGIN'],
  about: [
    'Connects as a client would, several times: ALPN, TLS and the certificate, resumption, SETTINGS, PING round trips, a request over HTTP/2 and one over HTTP/1.1. Ends with a verdict and its reasons. An untrusted certificate is reported, and everything else is checked anyway.',
    'Exits with 0 if HTTP/2 can be used, with 10 if it cannot.',
  ],
  groups: [
    {
      title: 'Probe',
      options: [
        { name: 'json', help: 'Print the report as JSON. Schema: trunkline schema probe.' },
        { name: 'pings', value: 'N', help: 'Number of PINGs to send. Default: 5; 0 sends none.' },
        {
          name: 'idle',
          value: 'DURATION',
          help: 'Watch an idle connection for this long: does the server close it, and does it announce that with GOAWAY? Default: off.',
        },
        { name: 'timeout', value: 'DURATION', help: 'Limit for each step. Default: 10s.' },
      ],
    },
    TLS_OPTIONS,
    PROXY_OPTIONS,
  ],
  examples: [
    ['trunkline probe example.com', 'get a verdict'],
    ['trunkline probe --ca ca.pem https://localhost:8443', 'check your own server'],
    ['trunkline probe --idle 2m --json example.com', 'for scripts, and with a look at idle connections'],
  ],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  const url = urlOf(onlyOperand(given, 'origin'), 'origin')
  const target = parseTarget(url)
  const report = await probe({
    target,
    origin: target.origin,
    tls: await tlsOptions(given),
    hosts: hostsOf(given),
    proxy: await proxyOf(given),
    pings: given.whole('pings', 0, 1000) ?? DEFAULT_PINGS,
    idle: given.duration('idle') ?? 0,
    timeout: given.duration('timeout') ?? DEFAULT_TIMEOUT,
    signal: io.interrupted,
  })
  const text = given.has('json')
    ? JSON.stringify(rounded(report), null, 2)
    : layOut(report, io.stdout.paint, io.stdout.columns)
  await io.stdout.write(`${text}\n`)
  return report.verdict === 'not-ready' ? ExitCode.NOT_READY : ExitCode.OK
}
