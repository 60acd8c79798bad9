import { exposedProcesses, socketPath } from '../../telemetry/top/place.ts'
import type { TopSnapshot } from '../../telemetry/top/snapshot.ts'
import { onlyOperand } from '../client-flags.ts'
import type { Arguments, Command, Io } from '../command.ts'
import { CliError, ExitCode } from '../exit-codes.ts'
import { rounded } from '../format.ts'
import { layOut } from './layout.ts'
import { Screen } from './screen.ts'
import { watch } from './viewer.ts'

const HISTORY = 300

export const topCommand: Command = {
  name: 'top',
  summary: 'Watch a running process: connections, streams, rates, round trips, errors.',
  usage: ['[OPTIONS] [PID | SOCKET]'],
  about: [
    'Watches one of your processes that allows it: one that called expose() of trunkline/top, was started with TRUNKLINE_TOP=1 and node --import trunkline/top, or is trunkline load --expose. Without an argument it picks the only such process. Requests are counted only while someone watches. Press q to quit; without a terminal it prints one snapshot.',
  ],
  groups: [
    {
      title: 'Top',
      options: [
        { name: 'once', help: 'Watch for one second, print a snapshot and exit.' },
        {
          name: 'json',
          help: 'Print a snapshot as a line of JSON every second. Schema: trunkline schema top.',
        },
        { name: 'list', help: 'List the ids of the processes that can be watched.' },
      ],
    },
  ],
  examples: [
    ['trunkline top', 'watch the only process there is'],
    ['trunkline top --once --json 4711', 'for a script'],
    ['TRUNKLINE_TOP=1 node --import trunkline/top app.js', 'start a process that can be watched'],
  ],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  if (given.has('list')) return list(io)
  const path = pathOf(onlyOperand(given, 'process'))
  const shows = given.has('json') ? null : io.stdout.isTerminal && !given.has('once') ? 'screen' : 'once'
  if (shows === 'screen') return dashboard(path, io)
  return print(path, given.has('once') || shows === 'once', given.has('json'), io)
}

async function list(io: Io): Promise<ExitCode> {
  const pids = reachable()
  if (pids.length > 0) await io.stdout.write(`${pids.join('\n')}\n`)
  return ExitCode.OK
}

function pathOf(operand: string | undefined): string {
  if (operand !== undefined) return /^\d+$/.test(operand) ? socketPath(Number(operand)) : operand
  const pids = reachable()
  const [only, another] = pids
  if (only === undefined) {
    throw new CliError(
      ExitCode.NOT_READY,
      'No process can be watched. Start one with TRUNKLINE_TOP=1 node --import trunkline/top, or call expose() in it.',
    )
  }
  if (another !== undefined) {
    throw new CliError(
      ExitCode.NOT_READY,
      `Several processes can be watched; name one of them: ${pids.join(', ')}`,
    )
  }
  return socketPath(only)
}

function reachable(): number[] {
  try {
    return exposedProcesses()
  } catch (cause) {
    throw new CliError(ExitCode.NOT_READY, `Refused for safety: ${(cause as Error).message}.`, cause)
  }
}

/** The first snapshot tells of no time at all; the second of a second. */
async function print(path: string, once: boolean, json: boolean, io: Io): Promise<ExitCode> {
  let seen = 0
  for await (const snapshot of watch(path, io.interrupted)) {
    seen += 1
    if (seen === 1) continue
    const { paint, columns } = io.stdout
    const text = json ? JSON.stringify(rounded(snapshot)) : layOut(snapshot, [], paint, columns)
    await io.stdout.write(`${text}\n`)
    if (once) return ExitCode.OK
  }
  if (io.interrupted.aborted) return ExitCode.INTERRUPTED
  if (seen < 2) throw new CliError(ExitCode.NOT_READY, 'The process ended before it sent a snapshot.')
  return ExitCode.OK
}

async function dashboard(path: string, io: Io): Promise<ExitCode> {
  const screen = new Screen(io)
  const history: number[] = []
  let last: TopSnapshot | null = null
  const draw = () => {
    if (last === null) return
    const { paint, columns } = io.stdout
    screen.draw(`${layOut(last, history, paint, columns, screen.rows)}\n${paint.dim(' q quit')}`)
  }
  io.stdout.stream.on('resize', draw)
  try {
    for await (const snapshot of watch(path, AbortSignal.any([screen.left, io.interrupted]))) {
      if (last !== null) history.push(snapshot.requests.perSecond)
      if (history.length > HISTORY) history.shift()
      last = snapshot
      draw()
    }
  } finally {
    io.stdout.stream.off('resize', draw)
    screen.close()
  }
  if (!screen.left.aborted && !io.interrupted.aborted) io.stderr.line('The process has ended.')
  return ExitCode.OK
}
