import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { ConnectionError } from '../../../src/core/errors.ts'
import type { HeaderList } from '../../../src/core/headers.ts'
import { toFetchResponse } from '../../../src/fetch/response.ts'
import { clientRequest, clientResponse, openResponse, TIMINGS } from '../fakes/exchange.ts'

const make = (body = 'hello', headers: HeaderList = [], status = 200, method = 'GET') =>
  toFetchResponse(clientResponse(status, headers, body), clientRequest({ method }))

const GET = clientRequest()

const lost = () => new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')

describe('is a Response', () => {
  test('to instanceof, to its tag, and to the constructors of the platform', async () => {
    const response = make('hello', ['x-a', '1'], 201)
    expect(response).toBeInstanceOf(Response)
    expect(Object.prototype.toString.call(response)).toBe('[object Response]')
    const copy = new Response(response.body, response)
    expect(copy.status).toBe(201)
    expect(copy.headers.get('x-a')).toBe('1')
    expect(await copy.text()).toBe('hello')
  })

  test('with status, ok, url, type and what only we know', () => {
    const { response } = openResponse(404, [], {
      url: 'https://example.test/x',
      redirects: 2,
      protocol: 'http/1.1',
      connectionId: 9,
      streamId: undefined,
    })
    expect(toFetchResponse(response, GET)).toMatchObject({
      status: 404,
      ok: false,
      statusText: '',
      url: 'https://example.test/x',
      redirected: true,
      type: 'basic',
      protocol: 'http/1.1',
      connectionId: 9,
      streamId: undefined,
      timings: TIMINGS,
    })
  })

  test.each([
    [199, false],
    [200, true],
    [299, true],
    [300, false],
  ])('%i is ok: %s', (status, ok) => {
    expect(make('', [], status).ok).toBe(ok)
  })

  test('headers are made once, with repeats joined and cookies apart', () => {
    const response = make('', ['a', '1', 'a', '2', 'set-cookie', 'x=1', 'set-cookie', 'y=2'])
    expect(response.headers).toBe(response.headers)
    expect(response.headers.get('a')).toBe('1, 2')
    expect(response.headers.getSetCookie()).toEqual(['x=1', 'y=2'])
  })

  test('its type says whether a redirect left the origin, and hides what the mode asks to hide', async () => {
    const of = (mode: 'cors' | 'no-cors', crossOrigin?: boolean) => {
      const { response, log } = openResponse(200, [], crossOrigin === undefined ? {} : { crossOrigin })
      const rules = { mode, referrer: null, integrity: '' }
      return { response: toFetchResponse(response, clientRequest({ rules })), log }
    }
    expect(of('cors').response.type).toBe('basic')
    expect(of('cors', false).response.type).toBe('basic')
    expect(of('cors', true).response.type).toBe('cors')
    expect(of('no-cors').response).toMatchObject({ type: 'basic', status: 200 })
    const opaque = of('no-cors', true)
    expect(opaque.response).toMatchObject({
      type: 'opaque',
      status: 0,
      ok: false,
      body: null,
      statusText: '',
    })
    expect(await opaque.response.text()).toBe('')
    expect(opaque.log.cancelled).toBe(1)
  })

  test('statusText is the reason phrase, where there is one', () => {
    const { response } = openResponse(200, [], { statusText: 'Fine' })
    expect(toFetchResponse(response, GET).statusText).toBe('Fine')
    expect(toFetchResponse(response, GET).clone().statusText).toBe('Fine')
  })

  test('with every member the platform has, by the same names', () => {
    const names = (response: object) => {
      const found: string[] = []
      for (const name in response) found.push(name)
      return found.sort()
    }
    const response = make()
    expect(names(response)).toEqual(names(new Response('x')))
    expect(Object.keys(response)).toEqual([])
    expect(JSON.stringify(response)).toBe('{}')
    expect(response.constructor).toBe(Response)
    const ours = Object.getPrototypeOf(response)
    for (const key of Reflect.ownKeys(Response.prototype).filter((name) => name !== 'constructor'))
      expect([key, Object.hasOwn(ours, key)]).toEqual([key, true])
    for (const name of ['status', 'url', 'ok', 'body'])
      expect(() => Reflect.get(ours, name)).toThrow(TypeError)
  })

  test('cannot be cloned into another realm, nor assigned to', () => {
    const response = make()
    expect(() => structuredClone(response)).toThrow(DOMException)
    expect(() => Object.assign(response, { status: 5 })).toThrow(TypeError)
    expect(Object.assign(response, { extra: 5 })).toMatchObject({ extra: 5, status: 200 })
  })

  test('a method that only a later Node has works by way of a native response', async () => {
    const { textStream } = make('later') as { textStream?: () => AsyncIterable<string> }
    expect(typeof textStream).toBe('textStream' in Response.prototype ? 'function' : 'undefined')
    if (textStream === undefined) return
    let text = ''
    for await (const part of textStream.call(make('later'))) text += part
    expect(text).toBe('later')
  })

  test('shows itself in the console with what matters', () => {
    const response = make('', ['x-a', '1'], 201)
    const shown = inspect(response)
    // Assertion libraries give no third argument.
    const custom = response as unknown as { [inspect.custom](depth: number, options: object): string }
    expect(custom[inspect.custom](2, {})).toBe(shown)
    for (const part of [
      'Response',
      'status: 201',
      'https://example.test/',
      "protocol: 'h2'",
      'x-a',
      'bodyUsed: false',
    ])
      expect(shown).toContain(part)
  })
})

describe('reading', () => {
  test('text, json, bytes, arrayBuffer and blob', async () => {
    expect(await make('é€').text()).toBe('é€')
    expect(await make('\ufeffx').text()).toBe('x')
    expect(await make('{"a":[1]}').json()).toEqual({ a: [1] })
    const bytes = await make('ab').bytes()
    expect(bytes.constructor).toBe(Uint8Array)
    expect([...bytes]).toEqual([97, 98])
    const buffer = await make('ab').arrayBuffer()
    expect(buffer).toBeInstanceOf(ArrayBuffer)
    expect(buffer.byteLength).toBe(2)
    const blob = await make('ab', ['content-type', 'text/css']).blob()
    expect(blob.type).toBe('text/css')
    expect(await blob.text()).toBe('ab')
  })

  test('an arrayBuffer is the body’s alone, whatever slab its chunk was cut from', async () => {
    const { response, queue } = openResponse()
    queue.push(Buffer.from('xxabxx').subarray(2, 4))
    queue.end(null)
    expect(Buffer.from(await toFetchResponse(response, GET).arrayBuffer()).toString()).toBe('ab')
  })

  test('an empty arrayBuffer may be given away', async () => {
    const first = await make('').arrayBuffer()
    structuredClone(first, { transfer: [first] })
    expect((await make('').arrayBuffer()).detached).toBe(false)
    expect((await make('').bytes()).length).toBe(0)
  })

  test.each(['Text/HTML; Charset=UTF-8', 'application/json', 'nonsense', ''])(
    'the type of a blob for %j is the platform’s',
    async (type) => {
      const blob = await new Response('x', { headers: { 'content-type': type } }).blob()
      expect((await make('x', ['content-type', type]).blob()).type).toBe(blob.type)
    },
  )

  test('formData, multipart and urlencoded', async () => {
    const form = await make('a=1&b=%20', ['content-type', 'application/x-www-form-urlencoded']).formData()
    expect([...form]).toEqual([
      ['a', '1'],
      ['b', ' '],
    ])
    const native = new Response(form)
    const type = native.headers.get('content-type') as string
    const multipart = await make(await native.text(), ['content-type', type]).formData()
    expect([...multipart]).toEqual([
      ['a', '1'],
      ['b', ' '],
    ])
    await expect(make('x', ['content-type', 'text/plain']).formData()).rejects.toBeInstanceOf(TypeError)
  })

  test('what is no JSON is a SyntaxError', async () => {
    await expect(make('{').json()).rejects.toBeInstanceOf(SyntaxError)
    await expect(make('').json()).rejects.toBeInstanceOf(SyntaxError)
  })

  test('once: bodyUsed from the first call on, and every further one a TypeError', async () => {
    for (const first of ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const) {
      const response = make('{}', ['content-type', 'application/x-www-form-urlencoded'])
      expect(response.bodyUsed).toBe(false)
      const reading = response[first]()
      expect(response.bodyUsed).toBe(true)
      const cause = { code: 'ERR_TRUNKLINE_BODY_USED' }
      const message = 'Body is unusable: Body has already been read'
      for (const second of ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const)
        await expect(response[second]()).rejects.toMatchObject({ name: 'TypeError', message, cause })
      expect(() => response.clone()).toThrow(TypeError)
      await reading
    }
  })

  test('a body cut off rejects with TypeError "terminated", its cause the reason', async () => {
    for (const method of ['text', 'json', 'bytes', 'arrayBuffer', 'blob'] as const) {
      const { response, queue } = openResponse()
      const reading = toFetchResponse(response, GET)[method]()
      const cause = lost()
      queue.fail(cause)
      await expect(reading).rejects.toMatchObject({ name: 'TypeError', message: 'terminated', cause })
    }
  })

  test('a body aborted rejects with the reason itself', async () => {
    const { response, queue } = openResponse()
    const reading = toFetchResponse(response, GET).text()
    const reason = new DOMException('enough', 'AbortError')
    queue.fail(reason)
    await expect(reading).rejects.toBe(reason)
  })
})

describe('a signal that aborts after the head', () => {
  const aborting = () => {
    const controller = new AbortController()
    const { response, queue, log } = openResponse()
    const fetched = toFetchResponse(response, clientRequest({ signal: controller.signal }))
    const reason = { my: 'reason' }
    return { queue, log, fetched, reason, abort: () => controller.abort(reason) }
  }

  test('a body that came whole and was not read is lost', async () => {
    const { queue, fetched, reason, abort } = aborting()
    queue.push(Buffer.from('x'))
    queue.end(null)
    abort()
    await expect(fetched.text()).rejects.toBe(reason)
  })

  test('right behind the call that reads it, the abort comes first', async () => {
    for (const method of ['text', 'json', 'bytes', 'arrayBuffer', 'blob'] as const) {
      const { queue, fetched, reason, abort } = aborting()
      queue.push(Buffer.from('{}'))
      queue.end(null)
      const reading = fetched[method]()
      abort()
      await expect(reading).rejects.toBe(reason)
    }
  })

  test('its stream fails at once, whatever waits in it', async () => {
    const { queue, fetched, reason, abort } = aborting()
    queue.push(Buffer.from('x'))
    queue.end(null)
    const reader = fetched.body?.getReader()
    abort()
    await expect(reader?.closed).rejects.toBe(reason)
    await expect(reader?.read()).rejects.toBe(reason)
  })

  test('a stream asked for afterwards fails as well', async () => {
    const { fetched, reason, abort } = aborting()
    abort()
    await expect(fetched.body?.getReader().read()).rejects.toBe(reason)
  })

  test('a body that was read is none of its business', async () => {
    const { queue, fetched, abort } = aborting()
    queue.push(Buffer.from('x'))
    queue.end(null)
    expect(await fetched.text()).toBe('x')
    abort()
    expect(fetched.bodyUsed).toBe(true)
    expect(fetched.body?.locked).toBe(true)
  })

  test('a stream that has ended no longer listens', async () => {
    const controller = new AbortController()
    const remove = vi.spyOn(controller.signal, 'removeEventListener')
    const response = toFetchResponse(
      clientResponse(200, [], 'x'),
      clientRequest({ signal: controller.signal }),
    )
    expect(await new Response(response.body).text()).toBe('x')
    expect(remove).toHaveBeenCalledTimes(1)
  })
})

describe('body', () => {
  test('of a response read by another way is over and locked', async () => {
    const response = make('hello')
    const reading = response.text()
    expect(response.body?.locked).toBe(true)
    expect(await reading).toBe('hello')
    expect(response.bodyUsed).toBe(true)
    expect(() => response.body?.getReader()).toThrow(TypeError)
    expect(() => new Response(response.body, response)).toThrow(TypeError)
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
  })

  test('gives BYOB readers their bytes, and its chunks can be given away', async () => {
    const { response, queue } = openResponse()
    const slab = Buffer.from('xxhelloxx')
    queue.push(slab.subarray(2, 7))
    queue.end(null)
    const reader = toFetchResponse(response, GET).body?.getReader({ mode: 'byob' })
    const first = await reader?.read(new Uint8Array(3))
    expect(Buffer.from(first?.value as Uint8Array).toString()).toBe('hel')
    const rest = await reader?.read(new Uint8Array(10))
    expect(Buffer.from(rest?.value as Uint8Array).toString()).toBe('lo')
    expect((await reader?.read(new Uint8Array(1)))?.done).toBe(true)
    expect(slab.toString()).toBe('xxhelloxx')
  })

  test('is one stream, made when asked for', async () => {
    const response = make('hello')
    const { body } = response
    expect(body).toBeInstanceOf(ReadableStream)
    expect(response.body).toBe(body)
    expect(response.bodyUsed).toBe(false)
    const { value } = await (body as ReadableStream<Uint8Array>).getReader().read()
    expect(Buffer.from(value as Uint8Array).toString()).toBe('hello')
    expect(response.bodyUsed).toBe(true)
  })

  test('looked at, the other methods still work', async () => {
    const response = make('{"a":1}')
    void response.body
    expect(await response.json()).toEqual({ a: 1 })
    expect(response.bodyUsed).toBe(true)
  })

  test('locked, they do not', async () => {
    const response = make()
    response.body?.getReader()
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
  })

  test('cut off, its reader gets a TypeError "terminated"', async () => {
    const { response, queue } = openResponse()
    const reader = toFetchResponse(response, GET).body?.getReader()
    const read = reader?.read()
    const cause = lost()
    queue.fail(cause)
    await expect(read).rejects.toMatchObject({ name: 'TypeError', message: 'terminated', cause })
  })

  test('cut off, its reader is told without another read', async () => {
    const { response, queue } = openResponse()
    const reader = toFetchResponse(response, GET).body?.getReader()
    const cause = lost()
    queue.push(Buffer.from('x'))
    queue.fail(cause)
    await expect(reader?.closed).rejects.toMatchObject({ message: 'terminated', cause })
  })

  test('cancelled, the server is told', async () => {
    const { response, log } = openResponse()
    await toFetchResponse(response, GET).body?.cancel()
    expect(log.cancelled).toBe(1)
  })

  test('can be iterated, and leaving early cancels', async () => {
    const { response, queue, log } = openResponse()
    queue.push(Buffer.from('a'))
    for await (const chunk of toFetchResponse(response, GET).body as ReadableStream<Uint8Array>) {
      expect(Buffer.from(chunk).toString()).toBe('a')
      break
    }
    expect(log.cancelled).toBe(1)
  })

  test.each([204, 205, 304])('of %i is null, and reads as empty again and again', async (status) => {
    const response = make('', [], status)
    expect(response.body).toBeNull()
    expect(await response.text()).toBe('')
    expect(await response.text()).toBe('')
    expect(response.bodyUsed).toBe(false)
    expect((await response.arrayBuffer()).byteLength).toBe(0)
    expect(response.clone().body).toBeNull()
  })

  test('of HEAD is null', () => {
    expect(make('', ['content-length', '5'], 200, 'HEAD').body).toBeNull()
  })

  test.each([200, 404, 599, 600, 799, 999])('of a status of %i is a stream', async (status) => {
    const response = make('x', [], status)
    expect(response.status).toBe(status)
    expect(await new Response(response.body).text()).toBe('x')
  })
})

describe('clone', () => {
  test('both can be read, in any order', async () => {
    const response = make('hello', ['x-a', '1'], 201)
    const copy = response.clone()
    expect(copy).toBeInstanceOf(Response)
    expect(copy).toMatchObject({ status: 201, url: response.url })
    expect(copy.headers.get('x-a')).toBe('1')
    expect(await copy.text()).toBe('hello')
    expect(response.bodyUsed).toBe(false)
    expect(await response.text()).toBe('hello')
  })

  test('of a clone', async () => {
    const response = make('hello')
    const texts = [response, response.clone(), response.clone().clone()].map((one) => one.text())
    expect(await Promise.all(texts)).toEqual(['hello', 'hello', 'hello'])
  })

  test('fails as the original does', async () => {
    const { response, queue } = openResponse()
    const original = toFetchResponse(response, GET)
    const texts = [original.clone().text(), original.text()]
    queue.fail(lost())
    for (const text of texts) await expect(text).rejects.toMatchObject({ message: 'terminated' })
  })
})

describe('trailers', () => {
  test('are Headers, when the body has ended', async () => {
    const { response, queue } = openResponse()
    const { trailers } = toFetchResponse(response, GET)
    queue.end(['grpc-status', '0'])
    expect((await trailers).get('grpc-status')).toBe('0')
  })

  test('reject as the body does', async () => {
    const { response, queue } = openResponse()
    const { trailers } = toFetchResponse(response, GET)
    queue.fail(lost())
    await expect(trailers).rejects.toMatchObject({ name: 'TypeError', message: 'terminated' })
  })
})
