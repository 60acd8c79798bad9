/** The headline figures, large. */
import { type EngineFigures, enginesOf } from '../headline.ts'
import type { BenchResult } from '../results.ts'
import { html, type Markup } from './html.ts'

interface Tile {
  readonly title: string
  readonly detail: string
  /** Number and unit. */
  readonly write: (value: number) => readonly [string, string]
}

const times = (value: number): readonly [string, string] => [
  value >= 10 ? value.toFixed(0) : value.toFixed(2),
  '×',
]

const share = (value: number): readonly [string, string] => [(value * 100).toFixed(0), '%']

const TILES: { readonly [Key in keyof Required<EngineFigures>]: Tile } = {
  requestCpuVsRaw: {
    title: 'the CPU of node:http2, by request()',
    detail: '1 KiB GET, 100 at once, body collected; less is better',
    write: times,
  },
  fetchCpuVsRaw: {
    title: 'the CPU of node:http2, by fetch()',
    detail: 'the same requests; less is better',
    write: times,
  },
  fetchRpsVsUndiciFetch: {
    title: "the requests per second of undici's fetch",
    detail: 'fetch(), 1 KiB, 100 at once, HTTP/2 allowed there',
    write: times,
  },
  fetchRpsVsPlatformFetch: {
    title: "the requests per second of Node's fetch",
    detail: 'the same, as Node comes',
    write: times,
  },
  http1RpsVsUndiciFetch: {
    title: "the requests per second of undici's fetch over HTTP/1.1",
    detail: 'from a server that has nothing else',
    write: times,
  },
  link50msUtilisation: {
    title: 'of the speed of a 50 ms link',
    detail: '50 MiB by fetch(), against a bare TLS socket over the same relay',
    write: share,
  },
  unreadBytesPeak: {
    title: 'taken in of 8 unread bodies of 24 MiB',
    detail: 'what the server could send before it was stopped; less is better',
    write: (value) => [(value / 1024 / 1024).toFixed(1), 'MiB'],
  },
  rpsVsH2load: {
    title: 'of the requests per second of h2load',
    detail: 'a load generator in C that keeps no bodies',
    write: share,
  },
  bytesPerFetch: {
    title: 'allocated by one fetch().text()',
    detail: 'on the JavaScript heap, 1 KiB, 100 at once',
    write: (value) => [(value / 1024).toFixed(1), 'KiB'],
  },
}

export function tiles(result: BenchResult): Markup {
  const engines = Object.entries(enginesOf(result)).filter(([, figures]) => Object.keys(figures).length > 0)
  return html`${engines.map(([engine, figures]) => ofEngine(engine, figures, engines.length > 1))}`
}

function ofEngine(engine: string, figures: EngineFigures, named: boolean): Markup {
  const entries = Object.entries(figures) as [keyof EngineFigures, number][]
  const all = entries.map(([key, value]) => {
    const { title, detail, write } = TILES[key]
    const [number, unit] = write(value)
    return html`<div class="tile"><b>${number}<small>${unit}</small></b><strong>${title}</strong><span>${detail}</span></div>`
  })
  return html`${named ? html`<h3>Engine <code>${engine}</code></h3>` : null}<div class="tiles ${engine === 'node' ? 'ours' : 'second'}">${all}</div>`
}
