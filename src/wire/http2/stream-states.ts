/** The states of a stream and what a frame does in each of them: RFC 9113 section 5.1, as far as a client needs it. */

/** `RESET` is `closed` by our own RST_STREAM: the peer may have sent frames before it read that. */
export const StreamState = {
  IDLE: 0,
  OPEN: 1,
  HALF_CLOSED_LOCAL: 2,
  HALF_CLOSED_REMOTE: 3,
  RESET: 4,
  CLOSED: 5,
} as const

export type StreamStateValue = (typeof StreamState)[keyof typeof StreamState]

/** What to do with a frame that came. */
export const Verdict = {
  /** In order. */
  TAKE: 0,
  /** Drop it; DATA still counts for the connection's window, and header blocks for HPACK. */
  IGNORE: 1,
  /** A stream error STREAM_CLOSED. */
  STREAM_CLOSED: 2,
  /** A connection error PROTOCOL_ERROR. */
  NOT_ALLOWED: 3,
} as const

export type VerdictValue = (typeof Verdict)[keyof typeof Verdict]

/** Columns of the table; CONTINUATION counts as its HEADERS. PRIORITY is allowed in every state. */
export const Arrival = { DATA: 0, HEADERS: 1, RST_STREAM: 2, WINDOW_UPDATE: 3 } as const

export type ArrivalValue = (typeof Arrival)[keyof typeof Arrival]

const { TAKE, IGNORE, STREAM_CLOSED, NOT_ALLOWED } = Verdict

// biome-ignore format: a table
const ARRIVALS: readonly (readonly VerdictValue[])[] = [
  //                       DATA           HEADERS        RST_STREAM   WINDOW_UPDATE
  /* IDLE               */ [NOT_ALLOWED,   NOT_ALLOWED,   NOT_ALLOWED, NOT_ALLOWED],
  /* OPEN               */ [TAKE,          TAKE,          TAKE,        TAKE],
  /* HALF_CLOSED_LOCAL  */ [TAKE,          TAKE,          TAKE,        TAKE],
  /* HALF_CLOSED_REMOTE */ [STREAM_CLOSED, STREAM_CLOSED, TAKE,        TAKE],
  /* RESET              */ [IGNORE,        IGNORE,        IGNORE,      IGNORE],
  /* CLOSED             */ [STREAM_CLOSED, STREAM_CLOSED, IGNORE,      IGNORE],
]

/** What a frame means to a stream in this state. */
export function judge(state: StreamStateValue, arrival: ArrivalValue): VerdictValue {
  return (ARRIVALS[state] as readonly VerdictValue[])[arrival] as VerdictValue
}

/** What moves a stream on: END_STREAM and RST_STREAM, ours and the peer's. HEADERS of ours open it. */
export const Step = { SEND_END: 0, RECEIVE_END: 1, SEND_RESET: 2, RECEIVE_RESET: 3 } as const

export type StepValue = (typeof Step)[keyof typeof Step]

const { IDLE, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, RESET, CLOSED } = StreamState

// biome-ignore format: a table
const STEPS: readonly (readonly StreamStateValue[])[] = [
  //                       SEND_END            RECEIVE_END         SEND_RESET  RECEIVE_RESET
  /* IDLE               */ [IDLE,              IDLE,               IDLE,       IDLE],
  /* OPEN               */ [HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, RESET,      CLOSED],
  /* HALF_CLOSED_LOCAL  */ [HALF_CLOSED_LOCAL, CLOSED,             RESET,      CLOSED],
  /* HALF_CLOSED_REMOTE */ [CLOSED,            HALF_CLOSED_REMOTE, RESET,      CLOSED],
  /* RESET              */ [RESET,             RESET,              RESET,      RESET],
  /* CLOSED             */ [CLOSED,            CLOSED,             CLOSED,     CLOSED],
]

export function advance(state: StreamStateValue, step: StepValue): StreamStateValue {
  return (STEPS[state] as readonly StreamStateValue[])[step] as StreamStateValue
}

/** Neither side sends on it any more. */
export function isOver(state: StreamStateValue): boolean {
  return state >= RESET
}
