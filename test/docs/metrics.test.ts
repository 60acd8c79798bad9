/** docs/prometheus.md and docs/opentelemetry.md have every metric, label, attribute, span and option, and no other. */
import { expect, test } from 'vitest'
import { ATTRIBUTES } from '../../src/telemetry/opentelemetry/attributes.ts'
import { DIAL_SPANS } from '../../src/telemetry/opentelemetry/dial-spans.ts'
import { INSTRUMENTS } from '../../src/telemetry/opentelemetry/instruments.ts'
import { METRICS } from '../../src/telemetry/prometheus/metrics.ts'
import { inlineCode, plain, readMarkdown } from './support/markdown.ts'
import { parseSource, propertiesOf } from './support/source.ts'

const prometheus = readMarkdown('docs/prometheus.md')
const opentelemetry = readMarkdown('docs/opentelemetry.md')

/** The names in the first cells of tables in a section. */
const namesIn = (page: typeof prometheus, section: string) =>
  page.rows.filter((row) => row.section === section).flatMap(({ cells }) => inlineCode(cells[0] ?? ''))

test.each([
  [prometheus, 'telemetry/prometheus/options.ts', 'PrometheusOptions'],
  [opentelemetry, 'telemetry/opentelemetry/options.ts', 'OpenTelemetryOptions'],
])('options of $1', (page, file, type) => {
  expect(namesIn(page, 'Options').sort()).toEqual([...propertiesOf(parseSource(file), type).keys()].sort())
})

test('metrics of Prometheus: names, types and labels', () => {
  const documented = prometheus.rows
    .filter(({ section }) => section === 'Metrics')
    .map(({ cells: [name = '', type = '', labels = ''] }) => [
      inlineCode(name)[0],
      plain(type),
      inlineCode(labels),
    ])
  const coded = Object.entries(METRICS).map(([name, metric]) => [
    `trunkline_${name}`,
    metric.type,
    [...metric.labels, ...('routed' in metric ? ['route'] : [])],
  ])
  expect(documented).toEqual(coded)
})

test('instruments of OpenTelemetry: names, types and units', () => {
  const documented = opentelemetry.rows
    .filter(({ section }) => section === 'Metrics')
    .map(({ cells: [name = '', type = '', unit = ''] }) => [
      inlineCode(name)[0],
      plain(type),
      inlineCode(unit)[0],
    ])
  const coded = Object.values(INSTRUMENTS).map(({ name, type, unit }) => [
    name,
    type === 'updown' ? 'up-down counter' : type,
    unit,
  ])
  expect(documented).toEqual(coded)
})

test('spans and attributes of OpenTelemetry', () => {
  const documented = namesIn(opentelemetry, 'Spans')
  const fields = ['http.request.header.NAME', 'http.response.header.NAME']
  const coded = [
    'GET',
    'GET /users/:id',
    ...Object.values(DIAL_SPANS),
    ...Object.values(ATTRIBUTES),
    ...fields,
  ]
  expect(documented.sort()).toEqual(coded.sort())
})
