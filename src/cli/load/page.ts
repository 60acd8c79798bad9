import { bytes, count, ms, percent } from '../format.ts'
import { embedJson, html, Markup } from '../html.ts'
import { remarks } from './layout.ts'
import { style } from './page-style.ts'
import { latencyBars, percentileCurve, timelinePlot } from './plots.ts'
import type { LatencySummary, LoadResult } from './result.ts'

/** The results as one page that loads nothing. */
export function page(result: LoadResult): string {
  const title = `${result.method} ${result.url}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Load: ${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<header>
<p class="kind">trunkline load</p>
<h1>${title}</h1>
<p class="soft">${facts(result)}</p>
${remarks(result).map((text) => html`<p class="remark">${text}</p>`)}
</header>
${tiles(result)}
<section><h2>Latency by percentile</h2>
<p class="soft">Each step to the right leaves out ten times more: 90 of 100, 99 of 100, 999 of 1,000.</p>
${percentileCurve(result)}</section>
<section><h2>Latencies</h2>
<p class="soft">How many responses took how long.</p>
${latencyBars(result)}</section>
<section><h2>Throughput</h2>
<p class="soft">Responses a second; failures in red.</p>
${timelinePlot(result, 'throughput')}</section>
<section><h2>Latency over time</h2>
<p class="soft">The mean, and the longest.</p>
${timelinePlot(result, 'latency')}</section>
<section class="tables">
${latencyTable(result)}
${outcomeTable(result)}
</section>
</main>
<footer>Latency counts ${result.plan.rate === null ? 'from when a request was sent' : 'from when a request was due'} to the last byte of its response.</footer>
<script type="application/json" id="load-data">${embedJson(result)}</script>
</body>
</html>
`.text
}

function facts({ plan, parts, date, interrupted, protocols }: LoadResult): string {
  return [
    new Date(date).toISOString().slice(0, 16).replace('T', ' '),
    `${count(plan.concurrency)} at once`,
    plan.rate === null ? '' : `${count(plan.rate)} a second`,
    plan.warmUp === 0 ? '' : `after ${ms(plan.warmUp)} of warm-up`,
    Object.keys(protocols).join(', '),
    parts.length === 0 ? '' : `parts ${parts.join(', ')}`,
    interrupted ? 'interrupted' : '',
  ]
    .filter((text) => text !== '')
    .join(' · ')
}

function tiles({ throughput, requests, latency, elapsed, bodyBytes, connections }: LoadResult): Markup {
  const tile = (value: string, label: string, tone = '') =>
    html`<div class="tile ${tone}"><b>${value}</b><span>${label}</span></div>`
  return html`<div class="tiles">
${tile(`${count(throughput)}/s`, `${count(requests.completed)} responses in ${ms(elapsed)}`)}
${tile(latency === null ? '-' : ms(latency.p50), 'half of them within')}
${tile(latency === null ? '-' : ms(latency.p99), '99 of 100 within')}
${tile(count(requests.failed), 'failed', requests.failed > 0 ? 'bad' : '')}
${tile(count(connections.used), `connections, ${count(connections.handshakes)} handshakes`)}
${tile(`${bytes(elapsed === 0 ? 0 : bodyBytes / (elapsed / 1000))}/s`, 'of bodies')}
</div>`
}

const ROWS = ['min', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max', 'mean', 'deviation'] as const
const NAMES: Partial<Record<keyof LatencySummary, string>> = { p999: 'p99.9', p9999: 'p99.99' }

function latencyTable({ latency, service, plan }: LoadResult): Markup {
  if (latency === null) return html`<p>Nothing was completed.</p>`
  const both = plan.rate !== null && service !== null
  const rows = ROWS.map(
    (key) =>
      html`<tr><th scope="row">${NAMES[key] ?? key}</th><td>${ms(latency[key])}</td>${both ? html`<td>${ms(service[key])}</td>` : null}</tr>`,
  )
  return html`<table><caption>Latency</caption><thead><tr><td></td><th scope="col">${both ? 'from when it was due' : 'to the last byte'}</th>${both ? html`<th scope="col">from when it was sent</th>` : null}</tr></thead><tbody>${rows}</tbody></table>`
}

function outcomeTable({ statuses, errors, requests }: LoadResult): Markup {
  const all = requests.completed + requests.failed
  const row = (name: string, times: number) =>
    html`<tr><th scope="row">${name}</th><td>${count(times)}</td><td>${percent(times / all)}</td></tr>`
  const rows = [...Object.entries(statuses), ...Object.entries(errors)].map(([name, times]) =>
    row(name, times),
  )
  const unsent =
    requests.unsent === 0
      ? []
      : [html`<tr><th scope="row">not sent in time</th><td>${count(requests.unsent)}</td><td></td></tr>`]
  return html`<table><caption>Outcomes</caption><tbody>${[...rows, ...unsent]}</tbody></table>`
}
