/** Which of WPT's Python handlers we have, by path. What each does follows from the tests that use it. */
import type { Field, WptRequest, WptResponse } from './exchange.ts'
import * as api from './fetch-api.ts'
import * as other from './other-handlers.ts'
import type { Stash } from './stash.ts'

export interface HandlerContext {
  readonly stash: Stash
  /** Tells connections apart. */
  readonly connection: string
}

/** A whole response: `body` goes out with its length; characters of a string are bytes. */
export interface Reply {
  readonly status?: number
  readonly reason?: string
  readonly fields?: readonly Field[]
  readonly body?: string | Buffer
}

/** Returns the response, or nothing when it has sent it itself. */
export type Handler = (
  request: WptRequest,
  response: WptResponse,
  context: HandlerContext,
) => Promise<Reply | undefined> | Reply | undefined

export const HANDLERS: Readonly<Record<string, Handler>> = {
  '/common/redirect.py': other.commonRedirect,
  '/fetch/api/request/resources/cache.py': other.conditional,
  '/fetch/api/resources/authentication.py': api.authentication,
  '/fetch/api/resources/bad-chunk-encoding.py': api.badChunkEncoding,
  '/fetch/api/resources/cache.py': api.cache,
  '/fetch/api/resources/clean-stash.py': api.cleanStash,
  '/fetch/api/resources/dump-authorization-header.py': api.dumpAuthorization,
  '/fetch/api/resources/echo-content.h2.py': api.echoStream,
  '/fetch/api/resources/echo-content.py': api.echoContent,
  '/fetch/api/resources/infinite-slow-response.py': api.infiniteSlowResponse,
  '/fetch/api/resources/inspect-headers.py': api.inspectHeaders,
  '/fetch/api/resources/method.py': api.method,
  '/fetch/api/resources/preflight.py': api.preflight,
  '/fetch/api/resources/redirect-empty-location.py': api.redirectEmptyLocation,
  '/fetch/api/resources/redirect.h2.py': api.redirectUnread,
  '/fetch/api/resources/redirect.py': api.redirect,
  '/fetch/api/resources/stash-put.py': api.stashPut,
  '/fetch/api/resources/stash-take.py': api.stashTake,
  '/fetch/api/resources/status.py': api.status,
  '/fetch/api/resources/trickle.py': api.trickle,
  '/fetch/connection-pool/resources/network-partition-key.py': other.countConnections,
  '/fetch/content-encoding/br/resources/bad-br-body.py': other.badCoding('br'),
  '/fetch/content-encoding/gzip/resources/bad-gzip-body.py': other.badCoding('gzip'),
  '/fetch/content-encoding/zstd/resources/bad-zstd-body.py': other.badCoding('zstd'),
  '/fetch/content-length/resources/content-length.py': other.contentLength,
  '/fetch/content-type/resources/content-type.py': other.contentType,
  '/fetch/h1-parsing/resources/message.py': other.rawMessage,
  '/fetch/h1-parsing/resources/status-code.py': other.rawStatus,
  '/fetch/range/resources/long-wav.py': other.longWav,
  '/fetch/range/resources/partial-text.py': other.partialText,
  '/fetch/range/resources/stash-take.py': other.rangeStash,
  '/wasm/webapi/status.py': other.wasmStatus,
  '/xhr/resources/echo-headers.py': other.echoHeaders,
  '/xhr/resources/parse-headers.py': other.customHeader,
  '/xhr/resources/status.py': api.status,
}
