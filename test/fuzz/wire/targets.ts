/** What is fuzzed, by name; each throws when something is wrong. */
import { fuzzFrameParser, fuzzHpackDecoder, fuzzHpackEncoder } from './byte-targets.ts'
import { fuzzSession } from './session-target.ts'

export const TARGETS = {
  session: fuzzSession,
  'frame-parser': fuzzFrameParser,
  'hpack-decoder': fuzzHpackDecoder,
  'hpack-encoder': fuzzHpackEncoder,
} as const satisfies Record<string, (input: Uint8Array) => void>

export type TargetName = keyof typeof TARGETS
export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[]
