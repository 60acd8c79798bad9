/** What a stretch of work cost this process: CPU time, allocations, garbage collection. */
import { GCProfiler, getHeapStatistics } from 'node:v8'

export interface Cost {
  readonly seconds: number
  readonly cpuMicros: number
  readonly allocatedBytes: number
  readonly gcMicros: number
}

/** Measures from its construction on. */
export class Gauge {
  readonly #profiler = new GCProfiler()
  readonly #heapAtStart: number
  readonly #allocatedAtStart: number | null
  readonly #startedAt: number
  readonly #cpuAtStart: NodeJS.CpuUsage

  constructor() {
    this.#profiler.start()
    this.#heapAtStart = getHeapStatistics().used_heap_size
    this.#allocatedAtStart = totalAllocated()
    this.#cpuAtStart = process.cpuUsage()
    this.#startedAt = performance.now()
  }

  /** To be called once. */
  stop(): Cost {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const { user, system } = process.cpuUsage(this.#cpuAtStart)
    const heap = getHeapStatistics().used_heap_size
    const allocated = totalAllocated()
    const collections = this.#profiler.stop()?.statistics ?? []
    return {
      seconds,
      cpuMicros: user + system,
      allocatedBytes:
        allocated !== null && this.#allocatedAtStart !== null
          ? allocated - this.#allocatedAtStart
          : growthBetween(collections, this.#heapAtStart, heap),
      gcMicros: collections.reduce((sum, { cost }) => sum + cost, 0),
    }
  }
}

/** Node 26 counts what was ever allocated; its types do not know. */
function totalAllocated(): number | null {
  const statistics = getHeapStatistics() as { total_allocated_bytes?: number }
  return statistics.total_allocated_bytes ?? null
}

type Collection = NonNullable<ReturnType<GCProfiler['stop']>>['statistics'][number]

/** Without that counter: by how much the heap grew from each collection to the next. */
export function growthBetween(
  collections: readonly Pick<Collection, 'beforeGC' | 'afterGC'>[],
  start: number,
  end: number,
): number {
  let heap = start
  let grown = 0
  for (const { beforeGC, afterGC } of collections) {
    grown += Math.max(0, beforeGC.heapStatistics.usedHeapSize - heap)
    heap = afterGC.heapStatistics.usedHeapSize
  }
  return grown + Math.max(0, end - heap)
}
