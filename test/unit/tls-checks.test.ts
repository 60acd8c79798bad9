import { describe, expect, test } from 'vitest'
import {
  type ClientOptions,
  type ClientUpdate,
  settleOptions,
  settleUpdate,
} from '../../src/client-options.ts'

const PIN = `sha256/${Buffer.alloc(32, 1).toString('base64')}`
const settle = (tls: unknown) => settleOptions({ tls } as ClientOptions)

describe('good', () => {
  test.each<[string, unknown]>([
    ['pins', { pins: { 'example.com': [PIN], '*.example.com:8443': { keys: [PIN, PIN] } } }],
    ['pins for subdomains', { pins: { 'example.com': { keys: [PIN], includeSubdomains: true } } }],
    ['options by host', { perOrigin: { 'a.test': { cert: 'x', key: 'y' }, '[::1]:1': {} } }],
    ['options by a function', { perOrigin: () => undefined }],
    ['a key log', { keyLog: true }],
    ['a key log in a file', { keyLog: 'keys.log' }],
    ['a reload', { reload: { files: { ca: ['a', 'b'], cert: 'c', key: 'k' }, interval: 5 } }],
    ['a reload by a function', { reload: { load: () => undefined } }],
  ])('%s', (_title, tls) => {
    expect(settle(tls).tls).toEqual(tls)
  })
})

describe('bad', () => {
  test.each<[name: string, tls: unknown, says: RegExp]>([
    ['tls.pins', { pins: [PIN] }, /host names/],
    ['tls.pins', { pins: { 'https://a.test': [PIN] } }, /"https:\/\/a\.test" is none/],
    ['tls.pins', { pins: { 'a.test': [] } }, /"a\.test" is a list of at least one pin/],
    ['tls.pins', { pins: { 'a.test': ['sha1/AAAA'] } }, /SubjectPublicKeyInfo/],
    ['tls.pins', { pins: { 'a.test': PIN } }, /a list of pins, or \{ keys/],
    ['tls.pins', { pins: { 'a.test': { keys: [PIN], subdomains: true } } }, /without subdomains/],
    ['tls.pins', { pins: { 'a.test': { keys: [PIN], includeSubdomains: 1 } } }, /true or false/],
    ['tls.pins', { pins: { '*.a.test': { keys: [PIN], includeSubdomains: true } } }, /cannot have/],
    ['tls.perOrigin', { perOrigin: 5 }, /a function, or an object/],
    ['tls.perOrigin', { perOrigin: { '*': {} } }, /"\*" is none/],
    ['tls.perOrigin["a.test"].cret', { perOrigin: { 'a.test': { cret: 'x' } } }, /is not an option/],
    ['tls.perOrigin["a.test"].pins', { perOrigin: { 'a.test': { pins: {} } } }, /is not an option/],
    ['tls.perOrigin["a.test"]', { perOrigin: { 'a.test': 'x' } }, /must be an object/],
    ['tls.keyLog', { keyLog: false }, /a path, true/],
    ['tls.keyLog', { keyLog: '' }, /a path, true/],
    ['tls.reload', { reload: {} }, /with files or load/],
    ['tls.reload.interval', { reload: { load: () => {}, interval: 0 } }, /at least 1/],
    ['tls.reload.files.cert', { reload: { files: { cert: 5 } } }, /a path/],
    ['tls.reload.files.passphrase', { reload: { files: { passphrase: 'x' } } }, /is not an option/],
  ])('%s', (name, tls, says) => {
    expect(() => settle(tls)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }))
    expect(() => settle(tls)).toThrow(`option: ${name} `)
    expect(() => settle(tls)).toThrow(says)
  })

  test('an update of what cannot be updated', () => {
    expect(() => settleUpdate({ tls: { reload: {} } } as ClientUpdate)).toThrow(
      /tls\.reload is not an option/,
    )
    expect(() => settleUpdate({ tlsSessions: false } as ClientUpdate)).toThrow(/tlsSessions is not an option/)
    expect(settleUpdate({ tls: { ca: undefined, pins: {} } } as ClientUpdate).tls).toEqual({ pins: {} })
    expect(settleUpdate({ limits: {} }).tls).toBeNull()
  })
})
