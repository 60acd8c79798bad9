import { describe, expect, test } from 'vitest'
import {
  alpnRejected,
  type DialFacts,
  dialFailure,
  dialTimeout,
} from '../../../src/connect/connect-failure.ts'
import { ConnectError, type Phase, TimeoutError } from '../../../src/core/errors.ts'
import { parseTarget } from '../../../src/core/origin.ts'

const { origin } = parseTarget('https://example.test:8443/')

function facts(phase: Phase, part: Partial<DialFacts> = {}): DialFacts {
  return { origin, phase, rejectedCertificate: false, offer: ['h2', 'http/1.1'], ...part }
}

function nodeError(code: string | undefined, message = `node says ${code ?? 'nothing'}`): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

describe('dialFailure', () => {
  test.each<[Phase, string | undefined, string, string[]]>([
    ['dns', 'ENOTFOUND', 'DNS_FAILED', ['example.test', 'ENOTFOUND', 'Check the name.']],
    ['dns', 'EAI_AGAIN', 'DNS_FAILED', ['EAI_AGAIN', 'name server did not answer']],
    ['dns', 'ESERVFAIL', 'DNS_FAILED', ['ESERVFAIL']],
    ['dns', 'ENODATA', 'DNS_FAILED', ['ENODATA']],
    ['dns', undefined, 'DNS_FAILED', ['node says nothing']],
    ['connect', 'ENOTFOUND', 'DNS_FAILED', ['ENOTFOUND']],
    [
      'connect',
      'ECONNREFUSED',
      'CONNECT_FAILED',
      ['example.test port 8443', 'ECONNREFUSED', 'Is the server running'],
    ],
    ['connect', 'EHOSTUNREACH', 'CONNECT_FAILED', ['EHOSTUNREACH', 'Is example.test reachable']],
    ['connect', 'ENETUNREACH', 'CONNECT_FAILED', ['ENETUNREACH', 'reachable']],
    ['connect', 'ETIMEDOUT', 'CONNECT_FAILED', ['ETIMEDOUT', 'reachable']],
    ['connect', 'ECONNRESET', 'CONNECT_FAILED', ['ECONNRESET']],
    [
      'tls',
      'ECONNRESET',
      'TLS_FAILED',
      ['TLS handshake with https://example.test:8443', 'ECONNRESET', 'port speaks TLS'],
    ],
    ['tls', 'EPROTO', 'TLS_FAILED', ['EPROTO', 'share a TLS version']],
    ['tls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILED', ['ERR_SSL_WRONG_VERSION_NUMBER', 'not with TLS']],
    ['tls', undefined, 'TLS_FAILED', ['node says nothing']],
    ['tls', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'ALPN_REJECTED', ['h2, http/1.1', '`protocols`']],
  ])('in phase %s, %s is %s', (phase, nodeCode, code, words) => {
    const cause = nodeError(nodeCode)
    const error = dialFailure(facts(phase), cause)
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({
      code: `ERR_TRUNKLINE_${code}`,
      processed: 'no',
      phase,
      origin: 'https://example.test:8443',
    })
    expect(error.cause).toBe(cause)
    for (const word of words) expect(error.message).toContain(word)
    expect(error.message).not.toContain('undefined')
  })

  test('of what OpenSSL says, the reason is told and not its internals', () => {
    const message =
      '40D3:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:file.c:78:\n'
    const cause = Object.assign(nodeError('ERR_SSL_WRONG_VERSION_NUMBER'), {
      message,
      reason: 'wrong version number',
    })
    expect(dialFailure(facts('tls'), cause).message).toContain(
      '(ERR_SSL_WRONG_VERSION_NUMBER: wrong version number).',
    )
  })

  test.each([
    ['CERT_HAS_EXPIRED', 'needs a new certificate'],
    ['CERT_NOT_YET_VALID', 'clock of this machine'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls.servername'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls.ca'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.ca'],
  ])('a rejected certificate, %s, comes with advice', (nodeCode, word) => {
    const error = dialFailure(facts('tls', { rejectedCertificate: true }), nodeError(nodeCode))
    expect(error.code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
    expect(error.message).toContain(nodeCode)
    expect(error.message).toContain(word)
  })

  test('the certificate counts more than what Node calls the failure', () => {
    const error = dialFailure(facts('tls', { rejectedCertificate: true }), nodeError('ECONNRESET'))
    expect(error.code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
  })

  test('an error of a pinning check, which has no code, is told by its message', () => {
    const error = dialFailure(facts('tls', { rejectedCertificate: true }), new Error('not my pin'))
    expect(error.message).toContain('not my pin')
    expect(error.message).not.toContain('()')
  })

  test.each([
    ['tls', false],
    ['tls', true],
    ['dns', false],
    ['connect', false],
  ] as const)(
    'says the message of a cause without code once (%s, certificate rejected: %s)',
    (phase, rejected) => {
      const { message } = dialFailure(facts(phase, { rejectedCertificate: rejected }), new Error('no code'))
      expect(message.split('no code').length).toBe(2)
    },
  )

  test('several addresses that failed together are told by the first', () => {
    const cause = new AggregateError([nodeError('ECONNREFUSED'), nodeError('ENETUNREACH')], '')
    const error = dialFailure(facts('connect'), cause)
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.cause).toBe(cause)
  })

  test('an AggregateError with a code of its own, and one that is empty, do not disturb', () => {
    const own = Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' })
    expect(dialFailure(facts('connect'), own).message).toContain('ETIMEDOUT')
    expect(dialFailure(facts('connect'), new AggregateError([], 'nothing')).message).toContain('nothing')
  })
})

describe('dialTimeout', () => {
  test.each<[Phase, string, string]>([
    ['dns', 'DNS_TIMEOUT', 'looking up the host'],
    ['connect', 'CONNECT_TIMEOUT', 'opening the TCP connection'],
    ['tls', 'TLS_TIMEOUT', 'TLS handshake'],
  ])('in phase %s is %s', (phase, code, word) => {
    const error = dialTimeout(facts(phase), 2500, 'connect')
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ code: `ERR_TRUNKLINE_${code}`, phase, processed: 'no' })
    for (const part of [word, '2500 ms', 'https://example.test:8443', 'timeouts.connect'])
      expect(error.message).toContain(part)
  })
})

test('alpnRejected says what was offered', () => {
  const error = alpnRejected(origin, ['h2'])
  expect(error).toMatchObject({
    code: 'ERR_TRUNKLINE_ALPN_REJECTED',
    phase: 'tls',
    processed: 'no',
    cause: null,
  })
  expect(error.message).toContain('(h2)')
})
