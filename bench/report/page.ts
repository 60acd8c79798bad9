/** The report: one HTML file that loads nothing. */
import type { BenchResult, Machine } from '../results.ts'
import { embedJson, html, type Markup, Markup as Raw } from './html.ts'
import { script } from './script.ts'
import { section } from './sections.ts'
import { style } from './style.ts'
import { tiles } from './tiles.ts'
import { toneOf } from './tones.ts'

export function page(result: BenchResult): string {
  const title = `trunkline ${result.versions.trunkline ?? ''}: how fast, and at what cost`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Raw(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="lead">HTTP clients for Node.js side by side in one run: the same requests, the same servers, taking turns. Bars are medians over rounds; the thin line on each spans the middle half of them.</p>
<p class="meta">${dateOf(result)} · Node ${result.node} · ${result.machine.cpu}, ${result.machine.cores} cores${result.quick ? ' · quick run' : ''}</p>
${legend(result)}
</header>
<nav aria-label="Scenarios"><ul><li><a href="#headline">Headline</a></li>${result.scenarios.map(link)}<li><a href="#method">Method</a></li></ul></nav>
<main>
<section id="headline"><h2>Headline figures</h2>
<p class="soft">Ratios are medians of the ratios within each round.</p>
${tiles(result)}</section>
${result.scenarios.map((one) => section(result, one))}
${method(result)}
</main>
<footer>Made by <code>npm run bench -- --report</code>. Figures of different runs or machines do not compare; ratios within one do.</footer>
<div id="tip" role="status" aria-hidden="true"></div>
<script type="application/json" id="bench-data">${embedJson(result)}</script>
<script>${new Raw(script)}</script>
</body>
</html>
`.text
}

/** What a page was made of. */
export function dataOf(page: string): BenchResult {
  const json = /id="bench-data">(.*?)<\/script>/s.exec(page)?.[1]
  if (json === undefined) throw new Error('This is no page of npm run bench -- --report')
  return JSON.parse(json)
}

function dateOf({ date }: BenchResult): string {
  return new Date(date).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
}

function link({ scenario }: BenchResult['scenarios'][number]): Markup {
  return html`<li><a href="#${scenario.id}">${scenario.title.replace(/, 100 at once/, '')}</a></li>`
}

const LEGEND = {
  ours: 'trunkline',
  second: 'trunkline, engine wire',
  reference: 'references: node:http2 by hand, h2load, a bare socket',
  peer: 'other clients',
} as const

function legend(result: BenchResult): Markup {
  const tones = new Set(result.clients.map(toneOf))
  const present = Object.entries(LEGEND).filter(([tone]) => tones.has(tone as keyof typeof LEGEND))
  return html`<ul class="legend">${present.map(([tone, text]) => html`<li class="${tone}"><i></i>${text}</li>`)}</ul>`
}

function method(result: BenchResult): Markup {
  const { machine, rounds, roundSeconds, totalSeconds } = result
  const versions = Object.entries(result.versions).map(([name, version]) => `${name} ${version}`)
  const http1 = result.clients.filter(({ protocol }) => protocol !== 'h2').map(({ name }) => name)
  const points = [
    'Everything runs over loopback with TLS 1.3, one client at a time, each in a process of its own that imports nothing else.',
    pinningText(machine),
    `Each client is warmed up, then all take turns, ${rounds} rounds of ${roundSeconds} s each for small requests; large bodies are one transfer a round. Each round begins with another client.`,
    'Clients are used as their documentation says for HTTP/2, with defaults otherwise; retries are off. Every body is read to its end and its length checked.',
    'CPU is user and system time of the whole client process, garbage collection included. Allocation is counted by V8; buffers outside its heap are not in it.',
    'The link is a relay process that holds every byte back for 25 ms each way, limits nothing else, and knows no slow start. What it can do is measured by a bare TLS socket over it, warmed up as well.',
    'h2load starts anew for each round: its connection set-up is in its CPU time, and for large bodies in its time. It tells no percentiles.',
    http1.length === 0
      ? 'With a server that offers both, every client chose HTTP/2.'
      : `With a server that offers both, these speak HTTP/1.1: ${http1.join(', ')}. They are measured over that, from the Node server.`,
  ]
  return html`
<section id="method"><h2>Method and machine</h2>
<ul class="method">${points.map((point) => html`<li>${point}</li>`)}</ul>
<dl>
<dt>Machine</dt><dd>${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 1024 ** 3).toFixed(0)} GiB, ${machine.os}</dd>
<dt>Load when it began</dt><dd>${machine.loadAtStart.toFixed(2)}${machine.loadAtStart > 1 ? ' (the machine was busy with other things: trust CPU times and ratios, not speeds)' : ''}</dd>
<dt>Node</dt><dd>${result.node}</dd>
<dt>Versions</dt><dd>${versions.join(', ')}</dd>
<dt>Took</dt><dd>${Math.round(totalSeconds)} s</dd>
</dl>
</section>`
}

function pinningText({ pinning }: Machine): string {
  if (pinning === null) return 'Nothing was pinned to a core: there are too few, or no taskset.'
  const relay = pinning.relay === pinning.server ? 'with the relay' : `the relay to core ${pinning.relay}`
  return `Clients are pinned to core ${pinning.client}, the server to core ${pinning.server}, ${relay}.`
}
