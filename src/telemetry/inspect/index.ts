/** `trunkline/inspect`: records what clients do, and shows it as a waterfall or as HTTP Archive. */
export { PHASES, type Phase } from './bars.ts'
export {
  type Har,
  type HarCookie,
  type HarEntry,
  type HarPair,
  type HarRequest,
  type HarResponse,
  type HarTimings,
  harOf,
} from './har.ts'
export { mergeRecordings } from './merge.ts'
export type { RecordOptions } from './options.ts'
export { pageOf } from './page.ts'
export { parseRecording } from './parse-recording.ts'
export { Recorder, record } from './recorder.ts'
export type * from './recording.ts'
export { type Durations, type OriginSummary, type Summary, summarize, verdictOf } from './summary.ts'
