/** What is measured: each scenario is the same work for every client. */
import { type Path, SIZES } from './files.ts'

/** Requests without a pause, so many at once, each body collected as text. */
export interface Load {
  readonly kind: 'load'
  readonly path: Path | '/headers'
  readonly concurrency: number
  /** Bytes of the request body; a GET without. */
  readonly upload?: number
  /** With 20 request headers. */
  readonly headers?: boolean
}

/** A few large bodies, read or sent as fast as they go. */
export interface Transfer {
  readonly kind: 'transfer'
  readonly path: Path
  readonly parallel: number
  /** Bytes of each request body; a GET without. */
  readonly upload?: number
  /** Downloads are given up after so many seconds, and rated by what came: some clients would take minutes. */
  readonly cutOff: number
}

/** Responses of which nothing is read: how much does the client take in all the same? */
export interface Hold {
  readonly kind: 'hold'
  readonly path: Path
  readonly parallel: number
}

export type Work = Load | Transfer | Hold

/** `c`: nghttpd if installed, else Node's. `link`: the former, 25 ms away each way behind 1 Gbit/s; `far`: without that. */
export type Site = 'c' | 'node' | 'http1' | 'link' | 'far'

export interface Scenario {
  readonly id: string
  readonly title: string
  readonly site: Site
  readonly work: Work
  /** What the figures of this scenario depend on besides the client, for the reader. */
  readonly note?: string
}

const get = (path: Path, concurrency: number): Load => ({ kind: 'load', path, concurrency })

/** Where the headline figures come from; `--quick` runs these alone. */
export const QUICK = ['get-1k-c100', 'http1-1k', 'link-50ms', 'unread'] as const

export const SCENARIOS: readonly Scenario[] = [
  { id: 'get-1k-c1', title: '1 KiB GET, one at a time', site: 'c', work: get('/1k.txt', 1) },
  { id: 'get-1k-c10', title: '1 KiB GET, 10 at once', site: 'c', work: get('/1k.txt', 10) },
  { id: 'get-1k-c100', title: '1 KiB GET, 100 at once', site: 'c', work: get('/1k.txt', 100) },
  { id: 'get-1k-c1000', title: '1 KiB GET, 1000 at once', site: 'c', work: get('/1k.txt', 1000) },
  {
    id: 'get-1k-node',
    title: '1 KiB GET, 100 at once, Node server',
    site: 'node',
    work: get('/1k.txt', 100),
    note: 'The server costs more CPU than the fast clients: they wait for it, and only their CPU time tells them apart.',
  },
  { id: 'get-100k', title: '100 KiB GET, 100 at once', site: 'c', work: get('/100k.txt', 100) },
  {
    id: 'get-100k-node',
    title: '100 KiB GET, 100 at once, Node server',
    site: 'node',
    work: get('/100k.txt', 100),
  },
  {
    id: 'headers-20',
    title: '20 request and 20 response headers, 1 KiB, 100 at once',
    site: 'node',
    work: { kind: 'load', path: '/headers', concurrency: 100, headers: true },
    note: 'Against the Node server, which is the slower side of most pairs: compare the CPU time.',
  },
  {
    id: 'post-1k',
    title: 'POST 1 KiB, 100 at once',
    site: 'c',
    work: { ...get('/1k.txt', 100), upload: 1024 },
  },
  {
    id: 'download-100m',
    title: '100 MiB download',
    site: 'c',
    work: { kind: 'transfer', path: '/100m.bin', parallel: 1, cutOff: 5 },
  },
  {
    id: 'download-8x24m',
    title: '8 downloads of 24 MiB at once',
    site: 'c',
    work: { kind: 'transfer', path: '/24m.bin', parallel: 8, cutOff: 5 },
  },
  {
    id: 'upload-100m',
    title: '100 MiB upload',
    site: 'c',
    work: { kind: 'transfer', path: '/1k.txt', parallel: 1, upload: SIZES['/100m.bin'], cutOff: 30 },
    note: 'The server grants windows of 4 MiB to a stream and 16 MiB to a connection.',
  },
  {
    id: 'link-50ms',
    title: '50 MiB download over a 50 ms link of 1 Gbit/s',
    site: 'link',
    work: { kind: 'transfer', path: '/50m.bin', parallel: 1, cutOff: 4 },
    note: 'A relay holds every byte back for 25 ms each way, and lets 125 MB/s through. Downloads are cut off after 4 s.',
  },
  {
    id: 'far-50ms',
    title: '50 MiB download, 50 ms away, no other limit',
    site: 'far',
    work: { kind: 'transfer', path: '/50m.bin', parallel: 1, cutOff: 4 },
    note: 'As above without a bandwidth: what server, relay and client can do with their two cores is the limit.',
  },
  {
    id: 'unread',
    title: '8 unread bodies of 24 MiB',
    site: 'node',
    work: { kind: 'hold', path: '/24m.bin', parallel: 8 },
    note: 'What the server could send before the client stopped it; nothing was read. 192 MiB is all there is.',
  },
  {
    id: 'http1-1k',
    title: '1 KiB GET over HTTP/1.1, 100 at once',
    site: 'http1',
    work: get('/1k.txt', 100),
    note: 'A server that speaks HTTP/1.1 alone, over TLS. As many connections as each client opens by itself.',
  },
]
