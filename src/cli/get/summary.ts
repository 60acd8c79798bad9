import { writeFile } from 'node:fs/promises'
import type { Timings } from '../../core/dispatch.ts'
import { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { Io } from '../command.ts'
import { CliError, ExitCode } from '../exit-codes.ts'
import { rounded, thousandth } from '../format.ts'
import type { Done } from './exchange.ts'
import type { GetPlan } from './plan.ts'

/** What happened, as JSON by the schema of `trunkline schema get`. */
export async function writeSummary(
  file: string,
  plan: GetPlan,
  done: readonly Done[],
  io: Io,
): Promise<void> {
  const text = `${JSON.stringify(summaryOf(plan, done), null, 2)}\n`
  if (file === '-') return io.stdout.write(text)
  try {
    await writeFile(file, text)
  } catch (cause) {
    const why = (cause as Error).message
    throw new CliError(ExitCode.CANNOT_WRITE, `--summary: Cannot write ${file}: ${why}.`, cause)
  }
}

function summaryOf({ url, request }: GetPlan, done: readonly Done[]): unknown {
  return {
    kind: 'trunkline-get',
    version: 1,
    request: { method: request.method, url: url.href, bodyBytes: request.body?.length ?? 0 },
    exchanges: done.map(exchangeOf),
  }
}

function exchangeOf(done: Done): unknown {
  const { status, protocol, url, headers, bodyBytes, timings, total, tlsVersion, remoteAddress, error } = done
  return {
    url,
    status: status === 0 ? null : status,
    protocol,
    headers: pairsOf(headers),
    bodyBytes,
    remoteAddress,
    tls: tlsVersion === null ? null : { version: tlsVersion, resumed: timings?.resumed ?? false },
    timings: timings === null ? null : timingsOf(timings),
    total: thousandth(total),
    error: error === null ? null : errorOf(error),
  }
}

function pairsOf(headers: HeaderList): { name: string; value: string }[] {
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [{ name, value: headers[index + 1] as string }] : [],
  )
}

function timingsOf(timings: Timings): unknown {
  const { before, queued, dns, connect, tls, sent, firstByte, received, total, attempts } = timings
  return rounded({ before, queued, dns, connect, tls, sent, firstByte, received, total, attempts })
}

function errorOf(error: unknown): unknown {
  const { message } = error as Error
  if (error instanceof ClientError) {
    return { code: error.code, message, phase: error.phase ?? null, processed: error.processed }
  }
  return {
    code: (error as Error)?.name ?? 'Error',
    message: message ?? String(error),
    phase: null,
    processed: null,
  }
}
