/**
 * Where a fault plays. Connection 0 of a peer is bad and the later ones are good, so that a probe request, sent in
 * the same turn in which the bad one settled, proves recovery. When a test ends, its scenes check what holds for
 * every fault: nothing unhandled, no connection left by `close()`, nothing executed twice, no rule of the RFC
 * broken by the client.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EngineName } from '../../../src/engine-name.ts'
import type { Client, ClientOptions } from '../../../src/index.ts'
import { activeHandles, expectNoNewHandles } from '../../support/handles.ts'
import { engine } from './engine-under-test.ts'
import { Http1Scene, type Http1SceneOptions } from './http1-scene.ts'
import { Http2Scene, type Http2SceneOptions } from './http2-scene.ts'
import { type ProcessWatch, watchProcess } from './process-watch.ts'
import { testClient } from './test-client.ts'

/** Things to end with the test, of which most are scenes. */
interface Finishable {
  finish(): Promise<void>
}

/** A case of the catalogue (faults.md section 2) under its number. */
export function fault(number: number, title: string, run: () => unknown, timeout?: number): void {
  test(`#${number} ${title}`, async () => void (await run()), timeout)
}

/** A case that one engine meets; `reason` says why the other cannot. */
export function faultOn(
  only: EngineName,
  number: number,
  title: string,
  reason: string,
  run: () => unknown,
): void {
  if (engine === only) fault(number, title, run)
  else test(`#${number} ${title} (skipped: ${reason})`, (context) => context.skip(reason))
}

/** What one engine does where it cannot meet a case; the other meets it. */
export function insteadOn(only: EngineName, number: number, title: string, run: () => unknown): void {
  if (engine === only) fault(number, title, run)
}

/** A case that waits for something that is not built yet. */
export function missing(number: number, title: string, what: string): void {
  test.todo(`#${number} ${title} (not built: ${what})`)
}

export class Stage {
  readonly #things: Finishable[] = []
  #watch: ProcessWatch | null = null
  #handles: Record<string, number> = {}

  constructor() {
    beforeEach(() => {
      this.#watch = watchProcess()
      this.#handles = activeHandles()
    })
    afterEach(() => this.#finish())
  }

  async http2(options: Http2SceneOptions = {}): Promise<Http2Scene> {
    const scene = await Http2Scene.open(options, testClient(options.client))
    this.#things.push(scene)
    return scene
  }

  async http1(options: Http1SceneOptions = {}): Promise<Http1Scene> {
    const scene = await Http1Scene.open(options, testClient(options.client))
    this.#things.push(scene)
    return scene
  }

  /** A client without a peer of its own. */
  client(options: ClientOptions = {}): Client {
    const client = testClient(options)
    this.add(async () => {
      await client.close({ timeout: 500 })
      expect(client.stats().connections).toBe(0)
    })
    return client
  }

  add(finish: () => unknown): void {
    this.#things.push({ finish: async () => void (await finish()) })
  }

  async #finish(): Promise<void> {
    const errors: unknown[] = []
    const attempt = async (step: () => Promise<unknown> | undefined) => {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const thing of this.#things.splice(0).reverse()) await attempt(() => thing.finish())
    await attempt(() => expectNoNewHandles(this.#handles, { timeout: 2000 }))
    await attempt(() => this.#watch?.finish())
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'))
  }
}
