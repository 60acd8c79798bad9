import { appendFileSync, chmodSync, statSync } from 'node:fs'
import type * as tls from 'node:tls'

/** A file to append to, `true` for the one that `SSLKEYLOGFILE` names, or a function that is given each line. */
export type KeyLogOption = string | true | ((line: string) => void)

/** Writes down the secrets of connections in the NSS key log format, which Wireshark reads. */
export interface KeyLog {
  /** To be called before the handshake. */
  watch(socket: tls.TLSSocket): void
}

/** null: nothing is written, as when the variable is not set. */
export function createKeyLog(option: KeyLogOption | undefined, env: NodeJS.ProcessEnv): KeyLog | null {
  const target = option === true ? env.SSLKEYLOGFILE : option
  if (target === undefined || target === '') return null
  const write = typeof target === 'string' ? (line: string) => append(target, line) : target
  return {
    watch(socket) {
      socket.on('keylog', (line: Buffer) => {
        try {
          write(line.toString('latin1').trimEnd())
        } catch (error) {
          // Who looks on must not stand in the way of a connection.
          warnOnce(
            'TRUNKLINE_KEY_LOG_FAILED',
            `TLS secrets could not be written: ${(error as Error).message}`,
          )
        }
      })
    },
  }
}

/** Opened for each line: nothing has to be closed, and a file that was moved away is made anew. */
function append(path: string, line: string): void {
  warnOnce(
    'TRUNKLINE_KEY_LOG',
    `The secrets of TLS connections are written to ${path} (tls.keyLog). Who reads it can decrypt their traffic.`,
  )
  restrict(path)
  // One write at the end of the file: lines of several processes do not mix.
  appendFileSync(path, `${line}\n`, { mode: 0o600 })
}

const restricted = new Set<string>()

/** A file that was there before may be open to others. Devices and pipes are left alone. */
function restrict(path: string): void {
  if (restricted.has(path)) return
  restricted.add(path)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() && (stats.mode & 0o077) !== 0) chmodSync(path, 0o600)
}

const warned = new Set<string>()

function warnOnce(code: string, message: string): void {
  if (warned.has(code)) return
  warned.add(code)
  process.emitWarning(message, { type: 'TrunklineWarning', code })
}
