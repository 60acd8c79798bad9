import { describe, expect, test } from 'vitest'
import { validate } from '../../../src/interceptors/validate.ts'
import { clientRequest, clientResponse, scripted } from '../fakes/exchange.ts'

describe('validate', () => {
  test('lets a good list through as it is', async () => {
    const { dispatch, requests } = scripted(clientResponse(200))
    const request = clientRequest({ headers: ['x-a', '1', 'x-a', '2', 'empty', ''] })
    expect((await validate(dispatch)(request)).status).toBe(200)
    expect(requests[0]).toBe(request)
  })

  test.each<[string, readonly unknown[]]>([
    ['an upper-case name', ['X-A', '1']],
    ['a name with a space', ['x a', '1']],
    ['a pseudo-header field', [':path', '/']],
    ['a line break in a value', ['x-a', '1\r\nevil: 1']],
    ['spaces around a value', ['x-a', ' 1']],
    ['a value that is no string', ['x-a', 1]],
    ['a name without a value', ['x-a']],
    ['a bad one behind a good one', ['x-a', '1', 'x-b', '\n2\n2']],
  ])('refuses %s, and sends nothing', async (_, headers) => {
    const { dispatch, requests } = scripted()
    const request = clientRequest({ headers: headers as string[] })
    await expect(validate(dispatch)(request)).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_INVALID_HEADER',
      processed: 'no',
    })
    expect(requests).toEqual([])
  })
})
