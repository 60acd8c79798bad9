/** What a response of fetch looks like, beside the platform's. */
import { createHash } from 'node:crypto'
import { describe, test } from 'vitest'
import { outcome } from './support/parity.ts'
import { expectSame, origin } from './support/parity-scene.ts'

const READERS: ((response: Response) => Promise<unknown>)[] = [
  (response) => response.text(),
  (response) => response.json(),
  async (response) => [...(await response.bytes())],
  async (response) => [...new Uint8Array(await response.arrayBuffer())],
  async (response) => {
    const blob = await response.blob()
    return [blob.type, await blob.text()]
  },
  async (response) => [...(await response.formData())],
]

/** Earlier lines have faults of their own in their fetch. */
describe.runIf(Number.parseInt(process.versions.node, 10) >= 26)('the response', () => {
  const answer = (status: number, headers: Record<string, string> = {}, body = '') =>
    `${origin}/answer?${new URLSearchParams({
      status: String(status),
      headers: JSON.stringify({ connection: 'close', ...headers }),
      body,
    })}`

  test.each([200, 201, 204, 205, 206, 304, 404, 418, 500, 599])('%i', async (status) => {
    await expectSame((fetch) =>
      fetch(answer(status, { a: '1' }, status === 204 || status === 304 ? '' : 'body')),
    )
    await expectSame((fetch) => fetch(answer(status), { method: 'HEAD' }))
  })

  const bodies: [string, string, string][] = [
    ['application/json', '{"a":1}', 'JSON'],
    ['application/json', 'bad', 'no JSON'],
    ['text/plain', '', 'nothing'],
    ['text/plain', '\xef\xbb\xbfbom', 'a byte order mark'],
    ['text/plain', '\xffa\xc3', 'what is no UTF-8'],
    ['application/x-www-form-urlencoded', 'a=1&b=%20', 'a form'],
    [
      'multipart/form-data; boundary=X',
      '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--X--\r\n',
      'multipart',
    ],
    ['multipart/form-data', 'x', 'multipart without a boundary'],
    ['TEXT/HTML; Charset=UTF-8', '<b>', 'HTML'],
  ]
  test.each(bodies)('%s read in each way: %s', async (type, body) => {
    for (const read of READERS) {
      await expectSame(async (fetch) => {
        const response = await fetch(answer(200, { 'content-type': type }, body))
        const first = await outcome(() => read(response))
        return [first, response.bodyUsed, response.body?.locked, await outcome(() => read(response))]
      })
    }
  })

  test('without a body, read in each way', async () => {
    for (const read of READERS) await expectSame(async (fetch) => read(await fetch(answer(204))))
  })

  test('clone, tee, readers and locks', async () => {
    const looks: ((response: Response) => Promise<unknown>)[] = [
      async (response) => [await response.clone().text(), await response.text()],
      async (response) =>
        Promise.all([response, response.clone(), response.clone().clone()].map((one) => one.text())),
      async (response) => {
        await response.text()
        return response.clone()
      },
      async (response) => {
        response.body?.getReader()
        return [
          response.bodyUsed,
          await outcome(() => response.text()),
          await outcome(async () => response.clone()),
        ]
      },
      async (response) => {
        const reader = response.body?.getReader()
        const { value } = (await reader?.read()) ?? {}
        reader?.releaseLock()
        return [value?.length, response.bodyUsed, await outcome(() => response.text())]
      },
      async (response) => {
        await response.body?.cancel()
        return [response.bodyUsed, await outcome(() => response.text())]
      },
      async (response) => Promise.all((response.body?.tee() ?? []).map((half) => new Response(half).text())),
      async (response) => new Response(response.body, response),
      async (response) => [response.bodyUsed, response.body instanceof ReadableStream],
      async (response) =>
        (await response.body?.getReader({ mode: 'byob' }).read(new Uint8Array(2)))?.value?.length,
    ]
    for (const look of looks)
      await expectSame(async (fetch) => look(await fetch(answer(201, { a: '1' }, 'body'))))
  })

  test('its looks: names, tags, constructor, and what cannot be done to it', async () => {
    await expectSame(async (fetch) => {
      const response = await fetch(answer(200, { a: '1' }, 'x'))
      const names: string[] = []
      for (const name in response) names.push(name)
      const assign = (change: object) => outcome(async () => Object.assign(response, change) === response)
      const seen = [
        names.sort(),
        Object.keys(response),
        JSON.stringify(response),
        String(response),
        response.constructor === Response,
        response instanceof Response,
        response.headers.constructor === Headers,
        await outcome(async () => response.headers.set('a', 'b')),
        await outcome(async () => structuredClone(response)),
        await assign({ status: 5 }),
        await assign({ extra: 5 }),
      ]
      return [seen, await response.text()]
    })
  })

  test('its headers, asked for in ways that make no sense', async () => {
    const asks: ((headers: Headers) => unknown)[] = [
      (headers) => Reflect.apply(headers.get, headers, []),
      (headers) => Reflect.apply(headers.has, headers, []),
      (headers) => headers.get('a b'),
      (headers) => headers.has(':status'),
      (headers) => headers.get(undefined as unknown as string),
      (headers) => headers.get({ toString: () => 'a' } as unknown as string),
      (headers) => headers.get(Symbol('x') as unknown as string),
      (headers) => headers.append('a', 'b'),
      (headers) => Reflect.apply(headers.forEach, headers, []),
      (headers) => Object.fromEntries(headers).a,
    ]
    for (const ask of asks)
      await expectSame(async (fetch) => {
        const response = await fetch(answer(200, { a: '1' }))
        return [await outcome(async () => ask(response.headers)), await response.text()]
      })
  })

  test('integrity', async () => {
    const good = `sha256-${createHash('sha256').update('abc').digest('base64')}`
    for (const integrity of [good, `${good} sha512-AAAA`, 'sha256-AAAA', 'md5-AAAA']) {
      await expectSame((fetch) => fetch(answer(200, {}, 'abc'), { integrity }))
      await expectSame((fetch) => fetch(answer(200), { method: 'HEAD', integrity }))
    }
  })

  test('a signal: before, between and after', async () => {
    const reason = { my: 'reason' }
    await expectSame((fetch) => fetch(answer(200), { signal: AbortSignal.abort(reason) }))
    await expectSame((fetch) => fetch('nonsense', { signal: AbortSignal.abort(reason) }))
    await expectSame((fetch) => fetch(answer(200), { signal: {} as AbortSignal }))
    await expectSame(async (fetch) => {
      const controller = new AbortController()
      const call = fetch(answer(200), { signal: controller.signal })
      controller.abort(reason)
      return call
    })
    await expectSame(async (fetch) => {
      const controller = new AbortController()
      const response = await fetch(answer(200, {}, 'x'), { signal: controller.signal })
      controller.abort(reason)
      return response
    })
    await expectSame(async (fetch) => {
      const controller = new AbortController()
      const response = await fetch(answer(200, {}, 'x'), { signal: controller.signal })
      const reading = response.text()
      controller.abort(reason)
      return reading
    })
    await expectSame((fetch) => fetch('http://localhost:22/', { signal: AbortSignal.abort(reason) }))
  })
})
