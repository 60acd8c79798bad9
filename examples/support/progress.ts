/** Progress of something with a known size: one moving line on a terminal, four lines anywhere else. */
import { bytes } from './format.ts'
import { accent, bar, dim } from './print.ts'

const WIDTH = 24

export interface Progress {
  /** `remark` stands behind the figures. */
  update(done: number, remark?: string): void
}

export function startProgress(label: string, total: number, out = process.stdout): Progress {
  let shown = -1
  return {
    update(done, remark = '') {
      const percent = Math.floor((done / total) * 100)
      const step = out.isTTY ? percent : Math.floor(percent / 25)
      if (step === shown || (step === 0 && !out.isTTY)) return
      shown = step
      const blocks = bar(done, total, WIDTH)
      const figures = `${String(percent).padStart(3)} %  ${bytes(done).padStart(8)}`
      const line = `  ${label.padEnd(9)} ${accent(blocks)}${dim('░'.repeat(WIDTH - blocks.length))} ${figures}  ${dim(remark)}`
      out.write(out.isTTY ? `\r${line}\x1b[K${percent === 100 ? '\n' : ''}` : `${line}\n`)
    },
  }
}
