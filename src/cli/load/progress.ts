import type { Output } from '../command.ts'
import { count, ms, plural } from '../format.ts'
import { padStart } from '../paint.ts'
import type { Tally } from './tally.ts'

export interface Goal {
  /** Infinity: the time decides. */
  readonly count: number
  /** ms; Infinity: the number decides. */
  readonly duration: number
}

const EVERY = 200
const BAR = 24

/** How far a run is, in one line that is written over and over; nothing where nobody watches. */
export class Progress {
  readonly #out: Output
  #timer: NodeJS.Timeout | undefined

  constructor(out: Output) {
    this.#out = out
  }

  show(title: string, tally: Tally, goal: Goal): void {
    this.end()
    if (!this.#out.isTerminal) return
    const draw = () => this.#out.stream.write(`\r\u001b[2K${this.#line(title, tally, goal)}`)
    draw()
    this.#timer = setInterval(draw, EVERY)
  }

  end(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#out.stream.write('\r\u001b[2K')
  }

  #line(title: string, tally: Tally, goal: Goal): string {
    const { paint, columns } = this.#out
    const passed = performance.now() - tally.startedAt
    const ended = tally.completed + tally.failed
    const share = Math.min(1, Math.max(passed / goal.duration, ended / goal.count))
    const filled = Math.round(share * BAR)
    const bar = paint.accent('━'.repeat(filled)) + paint.soft('━'.repeat(BAR - filled))
    const median = tally.latency.percentile(0.5)
    const parts = [
      `${padStart(`${Math.floor(share * 100)} %`, 5)}`,
      plural(ended, 'request'),
      `${count(tally.completed / Math.max(passed / 1000, 0.001))}/s`,
      ...(median === null ? [] : [`p50 ${ms(median)}`]),
      ...(tally.failed === 0 ? [] : [paint.bad(`${count(tally.failed)} failed`)]),
    ]
    const text = `${title} ${bar} ${parts.join('  ')}`
    // A line that wraps could not be written over.
    return columns < 60 ? parts.slice(0, 2).join('  ') : text
  }
}
