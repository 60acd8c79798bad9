import { describe, expect, test } from 'vitest'
import { ConnectAnswerReader, LONGEST_HEAD } from '../../../../src/connect/proxy/connect-answer.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('an answer to CONNECT', () => {
  test('however it is cut', () => {
    const text = 'HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nx: y\r\n\r\nrest'
    for (let cut = 1; cut < text.length - 4; cut += 1) {
      const reader = new ConnectAnswerReader()
      expect(reader.push(bytes(text.slice(0, cut))).kind).toBe('incomplete')
      const answer = reader.push(bytes(text.slice(cut)))
      expect(answer).toMatchObject({ kind: 'answer', refusal: { status: 200, schemes: [] } })
      expect(answer.kind === 'answer' && answer.rest.toString()).toBe('rest')
    }
  })

  test('407 says which schemes, and no more of them', () => {
    const head =
      'HTTP/1.0 407 No\r\nProxy-Authenticate: Basic realm="secret place"\r\nproxy-authenticate: NTLM\r\n\r\n'
    expect(new ConnectAnswerReader().push(bytes(head))).toMatchObject({
      refusal: { status: 407, schemes: ['Basic', 'NTLM'] },
    })
  })

  test.each([
    'x',
    'HTTQ',
    'SSH-2.0-x\r\n',
    '\u0005\u0000',
    'HTTP/1.1 OK\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 0200\r\n\r\n',
    'HTTP/1.1 200OK\r\n\r\n',
    'HTTP/1.1 099 x\r\n\r\n',
    'HTTP/1.1 101 x\r\n\r\n',
  ])('%j is none', (text) => {
    expect(new ConnectAnswerReader().push(bytes(text)).kind).toBe('garbage')
  })

  test('one that is too long is none', () => {
    const reader = new ConnectAnswerReader()
    expect(reader.push(bytes('HTTP/1.1 200 OK\r\n')).kind).toBe('incomplete')
    expect(reader.push(Buffer.alloc(LONGEST_HEAD, 'x')).kind).toBe('garbage')
  })
})
