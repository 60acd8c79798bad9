/** The command line within the process of the test: for what needs no other, which a process costs much to start. */
import { Readable, Writable } from 'node:stream'
import type { Output } from '../../../src/cli/command.ts'
import { createPaint } from '../../../src/cli/paint.ts'
import { runCli } from '../../../src/cli/run.ts'

export async function runHere(args: readonly string[]) {
  const stdout = collected()
  const stderr = collected()
  const interrupted = new AbortController().signal
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted }
  const code = await runCli(args, io)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** As a pipe is. */
function collected(): Output & { text(): string } {
  let text = ''
  return {
    stream: new Writable(),
    isTerminal: false,
    columns: 80,
    paint: createPaint(false),
    async write(data) {
      text += String(data)
    },
    line(data = '') {
      text += `${data}\n`
    },
    text: () => text,
  }
}
