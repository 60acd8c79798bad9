/** What a chaos server can do to its clients. */
import { ErrorCode, type ErrorCodeName } from './frame-types.ts'

/** Which requests of a connection suffer; all of them when nothing is said, and both must hold when both are. */
export interface WhichRequests {
  /** Only the first so many. */
  readonly first?: number
  /** Only every so-manieth: 2 is the second, the fourth, and so on. */
  readonly every?: number
}

/** GOAWAY when the stream with this id, or one above, opens: it was not processed; those below it are answered. */
export interface GoAwayFault {
  readonly kind: 'goaway'
  /** A stream id: 1, 3, 5 and so on are the first, second and third request of a connection. */
  readonly atStream: number
  /** Default `NO_ERROR`. */
  readonly code?: ErrorCodeName
}

/** RST_STREAM with REFUSED_STREAM: the request was not processed. */
export interface RefuseFault extends WhichRequests {
  readonly kind: 'refuse'
}

/** Nothing is read or written any more; the connection stays open. */
export interface BlackHoleFault {
  readonly kind: 'black-hole'
  /** So many requests get through before. Default 0. */
  readonly after?: number
}

/** A small SETTINGS_INITIAL_WINDOW_SIZE: the client may send few bytes of a body at a time. */
export interface TinyWindowsFault {
  readonly kind: 'tiny-windows'
  /** Bytes. Default 16. */
  readonly size?: number
}

/** SETTINGS_MAX_CONCURRENT_STREAMS 0 at first, `streams` later. Requests that come too early are refused. */
export interface MaxStreamsFault {
  readonly kind: 'max-streams'
  /** How long it is 0. */
  readonly ms: number
  /** Default 100. */
  readonly streams?: number
}

/** The connection is open, and for so long the server says nothing: no SETTINGS, no answer. */
export interface LateSettingsFault {
  readonly kind: 'late-settings'
  readonly ms: number
}

/** 421 (Misdirected Request). */
export interface MisdirectedFault extends WhichRequests {
  readonly kind: 'misdirected'
}

/** RST_STREAM with HTTP_1_1_REQUIRED. The server speaks HTTP/1.1 to those who come back with it. */
export interface Http11RequiredFault extends WhichRequests {
  readonly kind: 'http-1.1-required'
}

/** RST_STREAM in the middle of the response body. */
export interface ResetMidBodyFault extends WhichRequests {
  readonly kind: 'reset-mid-body'
  /** Default: half of the body. */
  readonly afterBytes?: number
  /** Default `INTERNAL_ERROR`. */
  readonly code?: ErrorCodeName
}

/** TCP RST in the middle of the response body, once the client has what was sent before. */
export interface CutMidBodyFault extends WhichRequests {
  readonly kind: 'cut-mid-body'
  /** Default: half of the body. */
  readonly afterBytes?: number
}

/** The response body comes in small pieces. */
export interface SlowDripFault extends WhichRequests {
  readonly kind: 'slow-drip'
  /** Bytes per piece. Default 1. */
  readonly chunk?: number
  /** Milliseconds between two pieces. Default 10. */
  readonly ms?: number
}

export type Fault =
  | GoAwayFault
  | RefuseFault
  | BlackHoleFault
  | TinyWindowsFault
  | MaxStreamsFault
  | LateSettingsFault
  | MisdirectedFault
  | Http11RequiredFault
  | ResetMidBodyFault
  | CutMidBodyFault
  | SlowDripFault

export type FaultKind = Fault['kind']
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>

type Range = readonly [min: number, max: number]

const count: Range = [1, Number.MAX_SAFE_INTEGER]
const bytes: Range = [0, Number.MAX_SAFE_INTEGER]
const milliseconds: Range = [0, 0x7fff_ffff]
const which = { first: count, every: count }

/** The numbers of each kind, and what they may be. */
const numbers: { readonly [Kind in FaultKind]: Readonly<Record<string, Range>> } = {
  goaway: { atStream: [1, 0x7fff_ffff] },
  refuse: which,
  'black-hole': { after: bytes },
  'tiny-windows': { size: [1, 65_535] },
  'max-streams': { ms: milliseconds, streams: [1, 0xffff_ffff] },
  'late-settings': { ms: milliseconds },
  misdirected: which,
  'http-1.1-required': which,
  'reset-mid-body': { ...which, afterBytes: bytes },
  'cut-mid-body': { ...which, afterBytes: bytes },
  'slow-drip': { ...which, chunk: count, ms: milliseconds },
}

const required: Readonly<Partial<Record<FaultKind, string>>> = {
  goaway: 'atStream',
  'max-streams': 'ms',
  'late-settings': 'ms',
}

/** Throws a TypeError that says which fault is wrong, and how. */
export function checkFaults(faults: readonly Fault[]): void {
  for (const [index, fault] of faults.entries()) {
    const complain = (text: string) => new TypeError(`faults[${index}]: ${text}`)
    if (!Object.hasOwn(numbers, fault.kind)) {
      const known = Object.keys(numbers).join(', ')
      throw complain(`there is no kind ${JSON.stringify(fault.kind)}; the kinds are ${known}`)
    }
    const ranges = numbers[fault.kind]
    const values: Readonly<Record<string, unknown>> = { ...fault }
    const needed = required[fault.kind]
    if (needed !== undefined && values[needed] === undefined) throw complain(`${fault.kind} needs ${needed}`)
    for (const [name, value] of Object.entries(values)) {
      if (name === 'kind' || value === undefined) continue
      const range = ranges[name]
      if (name === 'code' && (fault.kind === 'goaway' || fault.kind === 'reset-mid-body')) {
        if (!Object.hasOwn(ErrorCode, String(value))) throw complain(`${String(value)} is no error code`)
      } else if (range === undefined) throw complain(`${fault.kind} has no ${name}`)
      else if (!isWithin(value, range)) {
        throw complain(`${name} must be a whole number from ${range[0]} to ${range[1]}, not ${String(value)}`)
      }
    }
  }
}

function isWithin(value: unknown, [min, max]: Range): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max
}

/** Whether a request suffers, the `nth` of its connection, from 1. */
export function appliesTo({ first, every }: WhichRequests, nth: number): boolean {
  return (first === undefined || nth <= first) && (every === undefined || nth % every === 0)
}
