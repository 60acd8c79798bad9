/** All clients, in the order in which the tables have them. */
import { axios } from './axios.ts'
import type { ClientDefinition } from './client.ts'
import { got } from './got.ts'
import { h2load } from './h2load.ts'
import { http2Wrapper } from './http2-wrapper.ts'
import { ky } from './ky.ts'
import { rawHttp2, rawHttp2LargeWindows } from './node-http2.ts'
import { platformFetch } from './platform-fetch.ts'
import { rawTls } from './raw-tls.ts'
import { ENGINES, trunklineFetch, trunklineRequest } from './trunkline.ts'
import { undiciFetch, undiciRequest } from './undici.ts'

export const clients: readonly ClientDefinition[] = [
  ...ENGINES.flatMap((engine) => [trunklineRequest(engine), trunklineFetch(engine)]),
  rawHttp2,
  rawHttp2LargeWindows,
  undiciRequest,
  undiciFetch,
  platformFetch,
  ky,
  http2Wrapper,
  got,
  axios,
  rawTls,
  h2load,
]

export function findClient(id: string): ClientDefinition {
  const found = clients.find((one) => one.id === id)
  if (found === undefined) throw new Error(`No client is called ${id}`)
  return found
}
