import { describe, expect, test } from 'vitest'
import { AddressGuard, checkAddressGuard } from '../../../src/connect/address-guard.ts'

const guard = new AddressGuard()

describe('refused', () => {
  test.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::', '::7f00:1'],
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1', 'fec0::1'],
    ...['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%lo', 'fd00:ec2::254'],
    ...['100.64.0.1', '100.100.100.200', '100.127.255.255', '192.0.0.192', '198.18.0.1'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1', '::ffff:0:127.0.0.1'],
    ...['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:0:0:0:0:0a00:1', '64:ff9b::1'],
    ...['64:ff9b:1::808:808', '2002:7f00:1::1', '2001:0:7f00:1::1'],
  ])('%s', (address) => expect(guard.blocks(address)).toBe(true))

  test.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '127.0.0.1:80', '[::1]'])(
    '%j, which is no address',
    (address) => expect(guard.blocks(address)).toBe(true),
  )
})

describe('let through', () => {
  test.each([
    ...['8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '100.63.255.255'],
    ...['100.128.0.0', '169.253.255.255', '192.167.255.255', '223.255.255.255', '::ffff:8.8.8.8'],
    ...['2606:4700::1111', '2a00:1450::1', '64:ff9b::808:808', '64:ff9b::8.8.8.8'],
  ])('%s', (address) => expect(guard.blocks(address)).toBe(false))
})

describe('lists', () => {
  test('allow makes an exception, of a block or a single address', () => {
    const some = new AddressGuard({ allow: ['10.1.0.0/16', '127.0.0.1', 'fd12::/16'] })
    for (const address of ['10.1.2.3', '127.0.0.1', '::ffff:127.0.0.1', 'fd12::7', '8.8.8.8'])
      expect([address, some.blocks(address)]).toEqual([address, false])
    for (const address of ['10.2.0.1', '127.0.0.2', 'fd13::7', '169.254.169.254'])
      expect([address, some.blocks(address)]).toEqual([address, true])
  })

  test('deny comes first, and covers mapped and translated forms', () => {
    const some = new AddressGuard({ allow: ['0.0.0.0/0', '::/0'], deny: ['8.8.8.0/24', '::1'] })
    for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808', '::1'])
      expect([address, some.blocks(address)]).toEqual([address, true])
    for (const address of ['127.0.0.1', '8.8.9.8', 'fe80::1'])
      expect([address, some.blocks(address)]).toEqual([address, false])
  })
})

test.each<[unknown, boolean]>([
  [true, true],
  [false, true],
  [{}, true],
  [{ allow: ['10.0.0.0/8', '::1', 'fd00::/8'], deny: undefined }, true],
  [{ allow: ['10.0.0.0/33'] }, false],
  [{ allow: ['fd00::/129'] }, false],
  [{ allow: ['10.0.0.0/'] }, false],
  [{ allow: ['localhost'] }, false],
  [{ allow: ['fe80::1%lo'] }, false],
  [{ deny: '10.0.0.0/8' }, false],
  [{ only: [] }, false],
  [[], false],
  [null, false],
  ['yes', false],
])('the option %j is valid: %s', (value, valid) => {
  expect(checkAddressGuard(value) === null).toBe(valid)
})
