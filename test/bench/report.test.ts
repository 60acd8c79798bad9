/** The page of `--report`, as a browser shows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markdownOf, withFigures } from '../../bench/markdown.ts'
import { findProgram } from '../../bench/pinning.ts'
import { dataOf, page as reportPage } from '../../bench/report/page.ts'
import { SCENARIOS } from '../../bench/scenarios.ts'
import { waitFor } from '../support/wait-for.ts'
import { sampleResult } from './support/sample-result.ts'

const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .map(findProgram)
  .find((path) => path !== null)

test('the page loads nothing, and data cannot break out of it', () => {
  const text = reportPage(sampleResult())
  expect(text).not.toMatch(/(?:src|href)="(?!#|data:,)/)
  expect(text).not.toMatch(/url\(|@import|https?:/)
  expect(text).not.toContain('<of some kind>')
  expect(text).toContain('A processor &lt;of some kind&gt;')
  expect(dataOf(text)).toEqual(JSON.parse(JSON.stringify(sampleResult())))
})

test('its data make the tables of the documentation, between their markers', () => {
  const tables = markdownOf(dataOf(reportPage(sampleResult())))
  expect(tables).toMatch(/^\| trunkline request \| 36,364 \| 36,364 \| .*/m)
  expect(tables).not.toMatch(/NaN|undefined|null/)
  const docs = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')
  const written = withFigures(docs, tables)
  expect(written).toContain(tables)
  expect(withFigures(written, tables)).toBe(written)
  expect(() => withFigures('no markers', tables)).toThrow('has no <!-- figures')
})

// A machine without a browser has no way to look at the page.
describe.skipIf(chromium === undefined)('in Chromium (skipped where it is not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-report-'))
  const file = join(folder, 'report.html')
  let browser: Browser

  beforeAll(async () => {
    writeFileSync(file, reportPage(sampleResult()))
    browser = await launch({ executablePath: chromium as string, args: ['--no-sandbox', '--disable-gpu'] })
  })

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Shown {
    readonly page: Page
    readonly complaints: string[]
    readonly requests: string[]
  }

  async function show(width: number, scheme: 'light' | 'dark'): Promise<Shown> {
    const page = await browser.newPage()
    const complaints: string[] = []
    const requests: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => requests.push(request.url()))
    await page.setViewport({ width, height: 900 })
    // Without smooth scrolling, which would go on under the pointer.
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ])
    await page.goto(pathToFileURL(file).href)
    return { page, complaints, requests }
  }

  const views = [1280, 390].flatMap((width) =>
    (['light', 'dark'] as const).map((scheme) => [width, scheme] as const),
  )

  test.each(views)(
    '%i px wide, %s: plots that are there, nothing beside the page, no complaint',
    async (width, scheme) => {
      const { page, complaints, requests } = await show(width, scheme)
      const plots = await page.$$eval('figure.plot', (figures) =>
        figures.map((figure) => {
          const svg = figure.querySelector('svg[role=img]')
          const marks = [...figure.querySelectorAll('.bar, .dot')].filter(
            (one) => one.getBoundingClientRect().width > 0,
          )
          return {
            id: figure.id,
            width: svg?.getBoundingClientRect().width ?? 0,
            marks: marks.length,
            name: svg?.getAttribute('aria-label') ?? '',
          }
        }),
      )
      for (const { id } of SCENARIOS)
        expect(plots.filter((plot) => plot.id.startsWith(`${id}-`)).length, id).toBeGreaterThan(1)
      expect(plots.filter((plot) => plot.width < 80 || plot.marks < 2 || plot.name === '')).toEqual([])
      const overflow = await page.$eval('html', (html) => html.scrollWidth - html.clientWidth)
      expect(overflow).toBe(0)
      const cut = await page.$$eval('figure.plot svg', (plots) =>
        plots.flatMap((svg) => {
          const { left, right } = svg.getBoundingClientRect()
          const texts = [...svg.querySelectorAll('.unit, .tick')].map(
            (one) => [one, one.getBoundingClientRect()] as const,
          )
          return texts
            .filter(([, box]) => box.width > 0 && (box.left < left - 1 || box.right > right + 1))
            .map(([one]) => one.textContent)
        }),
      )
      expect(cut).toEqual([])
      const paper = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
      const brightness = (paper.match(/\d+/g) ?? []).slice(0, 3).map(Number)
      expect(
        brightness.every((part) => (scheme === 'dark' ? part < 60 : part > 200)),
        paper,
      ).toBe(true)
      expect(complaints).toEqual([])
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(file).href])
      await page.close()
    },
  )

  test('labels, values and bars stand in one line', async () => {
    const { page } = await show(1280, 'light')
    const rows = await page.$$eval('#get-1k-c100-throughput .rows', ([rows]) => {
      const middle = (one: { getBoundingClientRect(): { top: number; height: number } }) => {
        const { top, height } = one.getBoundingClientRect()
        return top + height / 2
      }
      const all = (selector: string) => [...(rows?.querySelectorAll(selector) ?? [])].map(middle)
      return { labels: all('.label'), bars: all('.bar'), values: all('.value') }
    })
    expect(rows.bars.length).toBeGreaterThan(5)
    for (const [index, bar] of rows.bars.entries()) {
      expect(Math.abs(bar - (rows.labels[index] ?? 0))).toBeLessThan(3)
      expect(Math.abs(bar - (rows.values[index] ?? 0))).toBeLessThan(3)
    }
    await page.close()
  })

  test('what is pointed at is said', async () => {
    const { page } = await show(1280, 'light')
    expect(await page.$eval('#tip', (tip) => tip.classList.contains('on'))).toBe(false)
    const pointAt = async () => {
      // Once the page has stopped to scroll, which hides it.
      await page.hover('#get-1k-c100-throughput .target')
      return page.$('#tip.on')
    }
    const shown = await waitFor(pointAt, { timeout: 10_000, interval: 100 })
    const text = await shown.evaluate((tip) => tip.textContent)
    expect(text).toMatch(/requests per second\n5 rounds: /)
    await page.close()
  })

  test('a table has every figure, for those who do not see the plots', async () => {
    const { page } = await show(1280, 'light')
    await page.click('#post-1k summary')
    const rows = await page.$$eval('#post-1k tbody tr', (rows) => rows.map((row) => row.textContent ?? ''))
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.find((row) => row.startsWith('ky'))).toContain('failed: status <500>')
    await page.close()
  })
})
