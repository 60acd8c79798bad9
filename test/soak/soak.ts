/** One soak from the start of its server to its verdict. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClientStats } from '../../src/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { activeHandles } from '../support/handles.ts'
import { ChaosProcess } from './chaos-process.ts'
import { cpuSeconds } from './cpu.ts'
import type { EngineName } from './faults.ts'
import { Figures } from './figures.ts'
import { brokenInvariants, type Evidence, leakedHandles, leftovers, ProcessWatch } from './invariants.ts'
import { Load } from './load.ts'
import { MemoryWatch } from './memory.ts'
import { SocketWatch } from './sockets.ts'

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly engine: EngineName
  readonly concurrency: number
}

export interface SoakResult extends Evidence {
  readonly options: SoakOptions
  /** Seconds that it took. */
  readonly seconds: number
  /** Of this process, from the first request to the last. */
  readonly cpuSeconds: number
  /** ms by which the event loop of this process was late, 99th percentile. */
  readonly loopDelay: number
  readonly stats: ClientStats
  readonly broken: readonly string[]
}

export interface Moment {
  readonly seconds: number
  readonly figures: Figures
  readonly stats: ClientStats
}

/** How often progress is told, ms. */
const PROGRESS_EVERY = 250

const MEMORY_EVERY = 2000

/** ms between two looks at the event loop, which the delays contain. */
const LOOP_RESOLUTION = 10

/** The part of the run, and the least of it in ms, that memory has to settle. */
const WARM_UP_SHARE = 0.25
const WARM_UP_LEAST = 4000

export async function soak(options: SoakOptions, onProgress: (moment: Moment) => void): Promise<SoakResult> {
  const { ca } = await ensureCertificates()
  const { seed, engine, concurrency } = options
  const server = await ChaosProcess.start({ seed, engine })
  const watch = new ProcessWatch()
  try {
    const before = activeHandles()
    watch.start()
    const sockets = new SocketWatch(server.port)
    sockets.start()
    const figures = new Figures()
    const load = new Load({ seed, engine, concurrency, port: server.port, ca }, figures)
    const startedAt = performance.now()
    const cpuBefore = cpuSeconds()
    const seconds = () => (performance.now() - startedAt) / 1000
    const warmUp = Math.max(WARM_UP_LEAST, options.seconds * 1000 * WARM_UP_SHARE)
    const memory = new MemoryWatch(() => figures.requests, warmUp, MEMORY_EVERY)
    const progress = setInterval(
      () => onProgress({ seconds: seconds(), figures, stats: load.client.stats() }),
      PROGRESS_EVERY,
    )
    const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION })
    delays.enable()
    const running = load.run()
    await pause(options.seconds * 1000)
    const ran = seconds()
    memory.stop()
    delays.disable()
    await Promise.all([load.stop(), running])
    clearInterval(progress)
    load.end()
    const cpu = cpuSeconds() - cpuBefore
    const stats = load.client.stats()
    const handles = await leakedHandles(before)
    const openSockets = await sockets.stop()
    const report = await server.report(figures.unprocessed)
    const evidence: Evidence = {
      figures,
      server: report,
      memory: memory.report(),
      processEvents: watch.events,
      handles,
      leftovers: leftovers(stats, load.sharedSignal, openSockets),
    }
    const loopDelay = Math.max(0, delays.percentile(99) / 1e6 - LOOP_RESOLUTION)
    return {
      ...evidence,
      options,
      seconds: ran,
      cpuSeconds: cpu,
      loopDelay,
      stats,
      broken: brokenInvariants(evidence),
    }
  } finally {
    // Otherwise a failure of the soak itself would be noted, and heard by nobody.
    watch.stop()
    await server.stop()
  }
}
