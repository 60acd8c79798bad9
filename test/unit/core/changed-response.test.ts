import { expect, test } from 'vitest'
import { changedResponse } from '../../../src/core/changed-response.ts'
import type { ClientResponse, Timings } from '../../../src/core/dispatch.ts'
import { clientResponse, openResponse, TIMINGS } from '../fakes/exchange.ts'

test('has what was changed, and all else of the response', async () => {
  const response = clientResponse(200, ['a', '1'], 'old')
  const { body } = clientResponse(200, [], 'new')
  const changed = changedResponse(response, { body, redirects: 3 })
  const { url, protocol, connectionId, streamId } = response
  expect(changed).toMatchObject({
    status: 200,
    headers: ['a', '1'],
    redirects: 3,
    url,
    protocol,
    connectionId,
    streamId,
  })
  expect(await changed.body.text()).toBe('new')
  expect(response.redirects).toBe(0)
})

test('timings are read when they are asked for, also of a class with fields of its own', () => {
  class Received {
    readonly status = 200
    #total: number | null = null
    get timings(): Timings {
      return { ...TIMINGS, total: this.#total }
    }
    end(total: number): void {
      this.#total = total
    }
  }
  const received = new Received()
  const changed = changedResponse(received as unknown as ClientResponse, { status: 201 })
  expect(changed.timings.total).toBeNull()
  received.end(7)
  expect(changed.timings.total).toBe(7)
})

test('a change of a change keeps both', () => {
  const { response } = openResponse(200)
  const changed = changedResponse(changedResponse(response, { redirects: 2 }), { status: 299 })
  expect(changed).toMatchObject({ redirects: 2, status: 299, timings: TIMINGS })
})

test('the reason phrase and what is known of redirects go along', () => {
  const { response } = openResponse(200, [], { statusText: 'Fine', crossOrigin: true })
  expect(changedResponse(response, { status: 299 })).toMatchObject({ statusText: 'Fine', crossOrigin: true })
  expect(changedResponse(openResponse(200).response, {})).not.toHaveProperty('statusText')
})
