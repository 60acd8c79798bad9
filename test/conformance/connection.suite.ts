/**
 * What a connection is, whichever engine makes it: one suite that every engine runs unchanged, over real sockets
 * with TLS, against real Node servers and against peers that say exactly what they are told to.
 *
 * A new engine runs it with two lines. What it cannot do stands in its skip list, with the reason.
 */
import { describe, test } from 'vitest'
import type { AlpnProtocol } from '../../src/wire/contract.ts'
import { bodyCases } from './cases/bodies.ts'
import { endingCases, http2EndingCases } from './cases/endings.ts'
import { http1Cases } from './cases/http1.ts'
import { http1FramingCases } from './cases/http1-framing.ts'
import { lifecycleCases } from './cases/lifecycle.ts'
import { messageCases } from './cases/messages.ts'
import { pingCases, slotCases } from './cases/slots.ts'
import { http1TunnelCases, http2TunnelCases } from './cases/tunnels.ts'
import { type Cases, Context, type MakeEngine } from './context.ts'

export interface SuiteOptions {
  readonly protocol: AlpnProtocol
  /** Cases an engine cannot pass, by name, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}

const FOR_ALL: readonly Cases[] = [messageCases, bodyCases, slotCases, endingCases, lifecycleCases]
const BY_PROTOCOL: Readonly<Record<AlpnProtocol, readonly Cases[]>> = {
  h2: [pingCases, http2EndingCases, http2TunnelCases],
  'http/1.1': [http1Cases, http1FramingCases, http1TunnelCases],
}

export function describeConnection(name: string, makeEngine: MakeEngine, options: SuiteOptions): void {
  const cases = allCases(options.protocol)
  const skip = options.skip ?? {}
  describe(name, () => {
    for (const [title, run] of cases) {
      const reason = skip[title]
      if (reason === undefined) test(title, () => runCase(makeEngine, options.protocol, run))
      else test.skip(`${title} (skipped: ${reason})`)
    }
    test('the skip list names cases that exist', () => {
      const unknown = Object.keys(skip).filter((title) => !cases.has(title))
      if (unknown.length > 0) throw new Error(`no such case: ${unknown.join('; ')}`)
    })
  })
}

function allCases(protocol: AlpnProtocol): Map<string, Cases[string]> {
  const all = new Map<string, Cases[string]>()
  for (const group of [...FOR_ALL, ...BY_PROTOCOL[protocol]]) {
    for (const [title, run] of Object.entries(group)) {
      if (all.has(title)) throw new Error(`two cases are called "${title}"`)
      all.set(title, run)
    }
  }
  return all
}

async function runCase(makeEngine: MakeEngine, protocol: AlpnProtocol, run: Cases[string]): Promise<void> {
  const context = new Context(protocol, makeEngine)
  try {
    await run?.(context)
  } finally {
    await context.finish()
  }
}
