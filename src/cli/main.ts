#!/usr/bin/env node
import { ExitCode } from './exit-codes.ts'
import { processIo } from './process-io.ts'
import { runCli } from './run.ts'

const io = processIo(() => process.exit(ExitCode.BROKEN_PIPE))

runCli(process.argv.slice(2), io).then((code) => {
  process.exitCode = code
})
