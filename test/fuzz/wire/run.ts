/**
 * `npm run fuzz`: a search for inputs that break the wire engine, guided by the branches that they pass through.
 *
 *   --target NAME   session, frame-parser, hpack-decoder or hpack-encoder; all of them, one after the other, unless told
 *   --inputs N      for each; default 1,000,000
 *   --seed S        default 1
 *   --keep          write the smallest inputs with the same coverage to test/fuzz/wire/corpus, where the tests find them
 *   --input HEX     run that input of --target once, to see an error whole
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { writeCorpus } from './corpus.ts'
import type { Progress, SearchOptions } from './search.ts'
import { TARGET_NAMES, TARGETS, type TargetName } from './targets.ts'

/** ms without an input done: it hangs. */
const HANGING = 20_000

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true },
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    input: { type: 'string' },
  },
})

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

function chosen(): TargetName[] {
  return (values.target ?? TARGET_NAMES).map(
    (name) =>
      TARGET_NAMES.find((known) => known === name) ??
      misused(`No target is called ${name}; there are ${TARGET_NAMES.join(', ')}`),
  )
}

function line(target: string, progress: Progress, seconds: number): string {
  const { inputs, covered, branches, corpus, findings, slowest, heap } = progress
  return (
    `${target.padEnd(13)} ${inputs.toLocaleString('en')} inputs, ${Math.round(inputs / seconds).toLocaleString('en')}/s, ` +
    `${covered} of ${branches} branches, ${corpus} kept, ${findings.length} findings, ` +
    `slowest ${slowest.toFixed(0)} ms, heap ${(heap / 2 ** 20).toFixed(0)} MiB`
  )
}

/** Runs one search to its end; watches that it goes on. */
function search(target: TargetName): Promise<Progress> {
  const pulse = new Int32Array(new SharedArrayBuffer(8))
  const present = new Uint8Array(new SharedArrayBuffer(4096))
  const options: SearchOptions = {
    target,
    inputs: Number(values.inputs),
    seed: Number(values.seed),
    pulse,
    present,
  }
  const worker = new Worker(new URL('./search.ts', import.meta.url), { workerData: options })
  const started = performance.now()
  return new Promise((resolve, reject) => {
    let last = -1
    const watch = setInterval(() => {
      const now = Atomics.load(pulse, 0)
      if (now === last) misused(`${target} hangs: ${Buffer.from(present.slice(0, pulse[1])).toString('hex')}`)
      last = now
    }, HANGING)
    let latest: Progress | null = null
    let told = 0
    worker.on('message', (progress: Progress) => {
      latest = progress
      for (const { message, input } of progress.findings.slice(told))
        console.log(`\n${target} ${input}\n${message}`)
      told = progress.findings.length
      console.log(line(target, progress, (performance.now() - started) / 1000))
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      clearInterval(watch)
      if (latest === null) reject(new Error(`${target} ended without a word`))
      else resolve(latest)
    })
  })
}

async function main(): Promise<void> {
  for (const target of chosen()) {
    const { findings, kept } = await search(target)
    if (findings.length > 0) process.exitCode = 1
    if (values.keep && kept !== undefined) writeCorpus(target, kept)
  }
}

if (values.input === undefined) await main()
else for (const target of chosen()) TARGETS[target](Buffer.from(values.input, 'hex'))
