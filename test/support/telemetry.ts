/** OpenTelemetry in memory: a tracer and a meter whose spans and measurements a test can look at. */
import { type Attributes, context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type OpenTelemetry, type OpenTelemetryOptions, opentelemetry } from 'trunkline/opentelemetry'
import { afterEach, beforeEach } from 'vitest'
import { type EventName, events, type TrunklineEvents } from '../../src/core/events.ts'

export class Telemetry {
  readonly exporter = new InMemorySpanExporter()
  readonly #metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#metricExporter,
    exportIntervalMillis: 3_600_000,
  })
  readonly meterProvider = new MeterProvider({ readers: [this.#reader] })
  readonly tracerProvider: BasicTracerProvider
  readonly #made: OpenTelemetry[] = []

  constructor(sampler?: Sampler) {
    const spanProcessors = [new SimpleSpanProcessor(this.exporter)]
    this.tracerProvider = new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) })
  }

  instrument(options: OpenTelemetryOptions = {}): OpenTelemetry {
    const { tracerProvider, meterProvider } = this
    const made = opentelemetry({ tracerProvider, meterProvider, ...options })
    this.#made.push(made)
    return made
  }

  get spans() {
    return this.exporter.getFinishedSpans()
  }

  /** The data points of an instrument: their attributes and values; of a histogram its count. */
  async points(name: string): Promise<{ attributes: Attributes; value: number; sum: number | undefined }[]> {
    this.#metricExporter.reset()
    await this.#reader.forceFlush()
    const metrics = this.#metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    return metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) =>
        dataPoints.map(({ attributes, value }) =>
          typeof value === 'number'
            ? { attributes, value, sum: undefined }
            : { attributes, value: (value as { count: number }).count, sum: (value as { sum?: number }).sum },
        ),
      )
  }

  async end(): Promise<void> {
    for (const made of this.#made) made.dispose()
    await this.tracerProvider.shutdown()
    await this.meterProvider.shutdown()
  }
}

/** Contexts that follow promises, and W3C headers, for each test of a file. */
export function useGlobalContext(): void {
  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  })
  afterEach(() => {
    context.disable()
    propagation.disable()
  })
}

export function publish<Name extends EventName>(name: Name, payload: Partial<TrunklineEvents[Name]>): void {
  events[name].publish({
    at: performance.now(),
    origin: 'https://example.test',
    error: null,
    ...payload,
  } as TrunklineEvents[Name])
}
