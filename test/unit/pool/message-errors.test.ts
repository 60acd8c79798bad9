import { expect, test } from 'vitest'
import { cutOff, malformedResponseLength, wrongRequestLength } from '../../../src/pool/message-errors.ts'

const ORIGIN = 'https://example.test'

test('each says whose content-length is wrong, and how', () => {
  expect(wrongRequestLength(ORIGIN)).toMatchObject({
    code: 'ERR_TRUNKLINE_INVALID_HEADER',
    processed: 'no',
    message: expect.stringContaining('content-length'),
  })
  expect(malformedResponseLength(ORIGIN)).toMatchObject({
    code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE',
    processed: 'yes',
    phase: 'headers',
    message: expect.stringContaining(ORIGIN),
  })
  expect(cutOff(ORIGIN, 5, 100, 70)).toMatchObject({
    code: 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH',
    processed: 'yes',
    phase: 'body',
    streamId: 5,
    message: expect.stringMatching(/announced 100 bytes and sent 70/),
  })
})
