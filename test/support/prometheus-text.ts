/**
 * The text format of Prometheus 0.0.4, read strictly: whatever a scraper may refuse or misread is an error here.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: Sample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const VALUE = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']

/** @throws Error naming the line that is wrong. */
export function parsePrometheusText(text: string): Map<string, Family> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end with a line feed')
  const families = new Map<string, Family>()
  let current: Family | null = null
  for (const [index, line] of text.split('\n').entries()) {
    try {
      if (line === '') continue
      if (line.startsWith('# HELP ')) current = startFamily(families, line)
      else if (line.startsWith('# TYPE ')) current = typeFamily(families, current, line)
      else if (!line.startsWith('#')) addSample(current, line)
    } catch (error) {
      throw new Error(`line ${index + 1}: ${(error as Error).message}: ${line}`, { cause: error })
    }
  }
  for (const family of families.values()) checkFamily(family)
  return families
}

/** The value of one series, or undefined. `labels` must be all of its labels. */
export function sampleValue(
  families: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = familyOf(families, name)
  const wanted = seriesOf({ name, labels, value: 0 })
  return family?.samples.find((sample) => seriesOf(sample) === wanted)?.value
}

function familyOf(families: Map<string, Family>, name: string): Family | undefined {
  return families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''))
}

function startFamily(families: Map<string, Family>, line: string): Family {
  const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
  if (!NAME.test(name)) throw new Error('no metric name')
  if (families.has(name)) throw new Error('a family that was there before')
  if (/\\(?![\\n])/.test(help)) throw new Error('a backslash that escapes nothing')
  const family = { name, help, type: '', samples: [] }
  families.set(name, family)
  return family
}

function typeFamily(families: Map<string, Family>, current: Family | null, line: string): Family {
  const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
  if (!TYPES.includes(type)) throw new Error('no known type')
  if (current?.name !== name || current.type !== '' || current.samples.length > 0)
    throw new Error('TYPE must stand once, behind the HELP of its family and before its samples')
  const family = { ...current, type }
  families.set(name, family)
  return family
}

function addSample(family: Family | null, line: string): void {
  if (family === null) throw new Error('a sample of no family')
  const sample = parseSample(line)
  const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (!suffixes.some((suffix) => sample.name === `${family.name}${suffix}`))
    throw new Error(`a sample among those of the ${family.type} ${family.name}`)
  if (family.samples.some((other) => seriesOf(other) === seriesOf(sample)))
    throw new Error('a series that was there before')
  if (family.type === 'counter' && !(sample.value >= 0)) throw new Error('a counter below 0')
  family.samples.push(sample)
}

function parseSample(line: string): Sample {
  const [, name = '', rest = ''] = /^([^{ ]+)(.*)$/.exec(line) ?? []
  if (!NAME.test(name)) throw new Error('no metric name')
  const { labels, after } = rest.startsWith('{') ? parseLabels(rest) : { labels: {}, after: rest }
  const value = after.replace(/^ /, '')
  if (!VALUE.test(value)) throw new Error(`no value: ${JSON.stringify(after)}`)
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function parseLabels(text: string): { labels: Record<string, string>; after: string } {
  const labels: Record<string, string> = {}
  const pair = /([^=,{}"]+)="((?:[^"\\\n]|\\[\\n"])*)"(,|\})/y
  pair.lastIndex = 1
  if (text.startsWith('{}')) return { labels, after: text.slice(2) }
  for (;;) {
    const [, name = '', value = '', next] = pair.exec(text) ?? []
    if (next === undefined || !LABEL_NAME.test(name)) throw new Error('labels that are none')
    if (Object.hasOwn(labels, name)) throw new Error(`the label ${name} twice`)
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
    if (next === '}') return { labels, after: text.slice(pair.lastIndex) }
  }
}

function checkFamily({ name, type, samples }: Family): void {
  if (type === '') throw new Error(`${name} has no TYPE`)
  if (type !== 'histogram') return
  const series = Map.groupBy(samples, ({ labels: { le: _, ...others }, name: sample }) =>
    seriesOf({ name: sample.replace(/_(?:bucket|sum|count)$/, ''), labels: others, value: 0 }),
  )
  for (const [key, all] of series) {
    const buckets = all.filter((sample) => sample.name.endsWith('_bucket'))
    const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('Inf', 'Infinity')))
    const ascending = (values: readonly number[], strictly: boolean) =>
      values.every(
        (value, index) =>
          index === 0 || value > values[index - 1]! || (!strictly && value === values[index - 1]),
      )
    const count = all.find((sample) => sample.name.endsWith('_count'))?.value
    const sum = all.find((sample) => sample.name.endsWith('_sum'))?.value
    if (!ascending(bounds, true) || bounds.at(-1) !== Number.POSITIVE_INFINITY)
      throw new Error(`${key}: its buckets do not ascend to +Inf`)
    if (
      !ascending(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`${key}: its buckets do not add up`)
    if (count === undefined || sum === undefined || count !== buckets.at(-1)?.value)
      throw new Error(`${key}: _count, _sum and the last bucket do not agree`)
  }
}

function seriesOf({ name, labels }: Sample): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${name}${JSON.stringify(sorted)}`
}
