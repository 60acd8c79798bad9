import type { Bridge } from './bridge.ts'

/** What is used of axios: its own adapter for Node. */
export interface AxiosLike {
  /** Of axios: the function that an adapter, or the name of one, stands for. */
  // biome-ignore lint/suspicious/noExplicitAny: axios types an adapter by its own config
  getAdapter(adapter: any): (config: any) => Promise<any>
}

/**
 * An `adapter` for axios: its own `http` adapter, redirects, limits, progress and decoding included, whose requests go
 * over the client of the bridge. Proxies are the client's.
 */
// biome-ignore lint/suspicious/noExplicitAny: fits AxiosAdapter of every version of axios
export function axiosAdapter(axios: AxiosLike, { agents }: Bridge): (config: any) => Promise<any> {
  const send = axios.getAdapter('http')
  return (config) => send({ ...config, httpAgent: agents.http, httpsAgent: agents.https, proxy: false })
}
