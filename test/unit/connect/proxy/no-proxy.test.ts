import { describe, expect, test } from 'vitest'
import { isLoopback, parseNoProxy } from '../../../../src/connect/proxy/no-proxy.ts'

const place = (text: string) => {
  const url = new URL(`http://${text}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) }
}

describe('NO_PROXY', () => {
  test.each([
    ['*', 'anything.test'],
    ['example.com', 'example.com'],
    ['example.com', 'EXAMPLE.com'],
    ['EXAMPLE.COM', 'www.example.com'],
    ['.example.com', 'example.com'],
    ['.example.com', 'a.b.example.com'],
    ['*.example.com', 'www.example.com'],
    ['example.com.', 'example.com'],
    ['example.com', 'example.com.'],
    ['a.test,example.com', 'example.com'],
    ['a.test example.com', 'example.com'],
    [' a.test ,\texample.com ', 'example.com'],
    ['example.com:8443', 'example.com:8443'],
    ['example.com:443', 'example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:8080', '192.0.2.1:8080'],
    ['10.0.0.0/8', '10.200.3.4'],
    ['10.0.0.0/8', '0x0a.1'],
    ['::1', '[::1]'],
    ['[::1]', '[0:0:0:0:0:0:0:1]'],
    ['[2001:db8::1]:8080', '[2001:db8::1]:8080'],
    ['2001:DB8::1', '[2001:db8:0::1]'],
    ['fd00::/8', '[fd12:3456::1]'],
    ['[fd00::]/8', '[fd12:3456::1]'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.0/24', '[::ffff:192.0.2.7]'],
    ['localhost', 'localhost'],
    ['müller.test', 'müller.test'],
    ['.MÜLLER.test', 'www.müller.test'],
    ['xn--mller-kva.test', 'müller.test'],
    ['[2001:db8::/32]', '[2001:db8::1]'],
    ['0.0.0.0/0', '192.0.2.1'],
    ['::/0', '[2001:db8::1]'],
    ['::ffff:192.0.2.0/120', '192.0.2.1'],
  ])('%j lets %s go straight', (rules, target) => {
    expect(parseNoProxy(rules)(place(target))).toBe(true)
  })

  test.each([
    ['::/0', '192.0.2.1'],
    ['0.0.0.0/0', '[2001:db8::1]'],
    ['', 'example.com'],
    [',, ,', 'example.com'],
    ['example.com', 'notexample.com'],
    ['example.com', 'example.com.evil.test'],
    ['www.example.com', 'example.com'],
    ['example.com:8443', 'example.com'],
    ['192.0.2.1', '192.0.2.10'],
    ['192.0.2.1:8080', '192.0.2.1'],
    ['10.0.0.0/8', '11.0.0.1'],
    ['10.0.0.0/8', '10.example.com'],
    ['10.0.0.0/33', '10.0.0.1'],
    ['example.com/8', 'example.com'],
    ['ex*mple.com', 'example.com'],
    ['[::1]:8080', '[::1]:9090'],
    ['fd00::/8', '[fe80::1]'],
    ['.', 'example.com'],
    ['*.', 'example.com'],
    ['com', 'example.org'],
  ])('%j does not let %s go straight', (rules, target) => {
    expect(parseNoProxy(rules)(place(target))).toBe(false)
  })
})

test.each(['localhost', 'LOCALHOST.', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
  '%s is loopback',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

test.each(['localhost.example.com', 'notlocalhost', '128.0.0.1', '::2', ''])('%j is not', (host) => {
  expect(isLoopback(host)).toBe(false)
})
