import type { LookupFunction } from 'node:net'
import { isError } from '../core/is-error.ts'
import type { Origin } from '../core/origin.ts'
import type { AddressBook } from './address-book.ts'
import type { AddressGuard } from './address-guard.ts'
import { addressBlocked } from './connect-failure.ts'
import type { DialTrace } from './dial-trace.ts'
import type { Address } from './dns-resolvers.ts'

/** Addresses that an earlier dial tried in vain, and how that ended. */
export interface Futile {
  readonly addresses: readonly Address[]
  readonly error: unknown
}

/** The `lookup` of one dial: addresses from the book, without those that the guard keeps the client off. */
export function dialLookup(
  { addresses, guard }: { readonly addresses: AddressBook; readonly guard: AddressGuard | null },
  origin: Origin,
  futile: Futile | null,
  onAnswer: (error: Error | null) => void,
  trace: DialTrace | null = null,
): LookupFunction {
  const choose = (found: readonly Address[]): readonly Address[] => {
    const known = futile?.addresses
    if (known !== undefined && found.every((one) => known.some(({ address }) => address === one.address)))
      throw futile?.error
    const open = guard === null ? found : found.filter(({ address }) => !guard.blocks(address))
    if (open.length > 0) return open
    throw addressBlocked(
      origin,
      found.map(({ address }) => address),
    )
  }
  return (hostname, { all }, callback) => {
    trace?.lookupStarted(hostname, addresses.isCached(hostname))
    addresses
      .find(hostname)
      .then(choose)
      .then(
        (found) => {
          onAnswer(null)
          trace?.lookupEnded(
            found.map(({ address }) => address),
            null,
          )
          const [first] = found as readonly [Address]
          if (all) callback(null, [...found])
          else callback(null, first.address, first.family)
        },
        (error: unknown) => {
          trace?.lookupEnded([], error)
          callback(isError(error) ? error : new Error(String(error)), '')
        },
      )
  }
}
