/** RFC 7541 appendix A: what both sides know before the first block. A name alone has an empty value. */
const TEXT = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

/** A name of the static table: its first index, and the values it has there, which follow each other. */
export interface StaticName {
  readonly index: number
  readonly values: readonly string[]
}

/** By index, which starts at 1: place 0 is a hole that no block may name (RFC 7541 section 6.1). */
export const STATIC_NAMES: readonly string[] = TEXT.split('\n').map((line) => line.split(' ', 1)[0] as string)

/** The values beside `STATIC_NAMES`. */
export const STATIC_VALUES: readonly string[] = TEXT.split('\n').map((line) => {
  const space = line.indexOf(' ')
  return space === -1 ? '' : line.slice(space + 1)
})

/** RFC 7541 section 2.3.3: the first index of the dynamic table. */
export const FIRST_DYNAMIC_INDEX = STATIC_NAMES.length

/** The static table the other way round, for the encoder. */
export const STATIC_INDEX: ReadonlyMap<string, StaticName> = indexByName()

function indexByName(): Map<string, StaticName> {
  const names = new Map<string, { index: number; values: string[] }>()
  for (let index = 1; index < STATIC_NAMES.length; index += 1) {
    const name = STATIC_NAMES[index] as string
    const value = STATIC_VALUES[index] as string
    const known = names.get(name)
    if (known === undefined) names.set(name, { index, values: [value] })
    else known.values.push(value)
  }
  return names
}
