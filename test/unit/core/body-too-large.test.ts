import { expect, test } from 'vitest'
import { bodyTooLarge } from '../../../src/core/body-too-large.ts'

test('says which body, the limit and the option', () => {
  const error = bodyTooLarge('https://example.test', 70, 'decoded ')
  expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TOO_LARGE', phase: 'body', processed: 'yes' })
  for (const word of ['decoded response body of https://example.test', '70 bytes', 'limits.responseBody'])
    expect(error.message).toContain(word)
})
