/** What the bench is doing: one line that changes on a terminal, a line every few seconds elsewhere. */
const EVERY = 5000

export interface Progress {
  /** A scenario begins; `position` of so many. */
  scenario(title: string, position: number, of: number): void
  /** Something within it. */
  step(text: string): void
  /** Something to know that stays on the screen. */
  note(text: string): void
  end(): void
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export function startProgress(output: Output, now: () => number = () => performance.now()): Progress {
  const start = now()
  const elapsed = () => `${Math.floor((now() - start) / 60_000)}:${seconds(now() - start)}`
  let current = ''
  let last = Number.NEGATIVE_INFINITY
  const show = (text: string) => {
    if (!output.isTTY) return output.write(`${text}\n`)
    return output.write(`\r\x1b[K${text.slice(0, (output.columns ?? 80) - 1)}`)
  }
  return {
    scenario(title, position, of) {
      current = `[${position}/${of}] ${title}`
      last = now()
      show(`${elapsed()} ${current}`)
    },
    step(text) {
      if (!output.isTTY && now() - last < EVERY) return
      last = now()
      show(`${elapsed()} ${current}: ${text}`)
    },
    note(text) {
      output.write(output.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`)
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[K')
    },
  }
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000) % 60).padStart(2, '0')
}
