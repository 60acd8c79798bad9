import { expect, test } from 'vitest'
import {
  Arrival,
  advance,
  isOver,
  judge,
  Step,
  StreamState,
  Verdict,
} from '../../../../src/wire/http2/stream-states.ts'

const { OPEN, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, RESET, CLOSED, IDLE } = StreamState

test.each([
  ['a request without a body', [Step.SEND_END, Step.RECEIVE_END], [HALF_CLOSED_LOCAL, CLOSED]],
  ['a response before the request ended', [Step.RECEIVE_END, Step.SEND_END], [HALF_CLOSED_REMOTE, CLOSED]],
  ['a reset by us', [Step.SEND_RESET, Step.RECEIVE_END], [RESET, RESET]],
  ['a reset by the peer', [Step.SEND_END, Step.RECEIVE_RESET], [HALF_CLOSED_LOCAL, CLOSED]],
  [
    'nothing after the end',
    [Step.SEND_END, Step.RECEIVE_END, Step.SEND_RESET],
    [HALF_CLOSED_LOCAL, CLOSED, CLOSED],
  ],
] as const)('%s', (_title, steps, states) => {
  let state: (typeof StreamState)[keyof typeof StreamState] = OPEN
  const seen = steps.map((step) => {
    state = advance(state, step)
    return state
  })
  expect(seen).toEqual(states)
})

test('RFC 9113 section 5.1: what a frame means in each state', () => {
  const meaning = (state: Parameters<typeof judge>[0]) =>
    Object.values(Arrival).map((arrival) => judge(state, arrival))
  const { TAKE, IGNORE, STREAM_CLOSED, NOT_ALLOWED } = Verdict
  expect(meaning(IDLE)).toEqual([NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED])
  expect(meaning(OPEN)).toEqual([TAKE, TAKE, TAKE, TAKE])
  expect(meaning(HALF_CLOSED_LOCAL)).toEqual([TAKE, TAKE, TAKE, TAKE])
  expect(meaning(HALF_CLOSED_REMOTE)).toEqual([STREAM_CLOSED, STREAM_CLOSED, TAKE, TAKE])
  expect(meaning(RESET)).toEqual([IGNORE, IGNORE, IGNORE, IGNORE])
  expect(meaning(CLOSED)).toEqual([STREAM_CLOSED, STREAM_CLOSED, IGNORE, IGNORE])
})

test('reset and closed are over, the others are not', () => {
  expect([IDLE, OPEN, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, RESET, CLOSED].map(isOver)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
  ])
})
