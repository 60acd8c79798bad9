/** The page of the waterfall, as a browser shows it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { record } from '../../src/telemetry/inspect/index.ts'
import { waitFor } from '../support/wait-for.ts'
import { chromium, coloursOf, drawn, type Shown, show, startBrowser } from './support/browser.ts'
import { API, tellFive, tellMany } from './support/stories.ts'
import { tellRequest } from './support/story.ts'

const COUNTS = [5, 5000] as const

// A machine without a browser has no way to look at the page.
describe.skipIf(chromium === undefined)('in Chromium (skipped where it is not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-waterfall-'))
  const fileOf = (name: string) => join(folder, `${name}.html`)
  let browser: Browser
  let shown: Shown[] = []

  function write(name: string, tell: () => void): void {
    using recorder = record({ name, frames: 10 })
    tell()
    writeFileSync(fileOf(name), recorder.html())
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(recorder.recording()))
  }

  beforeAll(async () => {
    write('5', () => tellFive(performance.now()))
    write('5000', () => tellMany(5000, performance.now()))
    write('none', () => {})
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterEach(async () => {
    for (const { page } of shown) await page.close()
    shown = []
  })

  async function open(name: string, scheme: 'light' | 'dark' = 'light', width?: number): Promise<Shown> {
    const one = await show(browser, fileOf(name), scheme, width)
    shown.push(one)
    return one
  }

  const text = (page: Page, selector: string) => page.$eval(selector, (one) => one.textContent ?? '')
  const ticks = (page: Page) =>
    page.$eval('#axis', (axis) => (axis as unknown as { toDataURL(): string }).toDataURL())
  const pictureOf = (page: Page) =>
    page.$eval('canvas.chart', (chart) => (chart as unknown as { toDataURL(): string }).toDataURL())

  const views = COUNTS.flatMap((count) =>
    (['light', 'dark'] as const).flatMap((scheme) =>
      [1280, 390].map((width) => [count, scheme, width] as const),
    ),
  )
  test.each(views)(
    '%i requests, %s, %i px wide: bars in their phases, no complaint, nothing loaded',
    async (count, scheme, width) => {
      const { page, complaints, requests } = await open(String(count), scheme, width)
      expect(await text(page, '#shown')).toBe(`${count === 5 ? 5 : '5,000'} requests`)
      const colours = await coloursOf(page, 'waiting', 'receiving', 'tls')
      expect(
        Object.values(colours).every((pixels) => pixels > 8),
        JSON.stringify(colours),
      ).toBe(true)
      const paper = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
      const brightness = (paper.match(/\d+/g) ?? []).slice(0, 3).map(Number)
      expect(
        brightness.every((part) => (scheme === 'dark' ? part < 60 : part > 200)),
        paper,
      ).toBe(true)
      expect(await page.$eval('html', (html) => html.scrollWidth - html.clientWidth)).toBe(0)
      expect(await page.$$eval('.label', (labels) => labels.length)).toBeGreaterThan(0)
      expect(complaints).toEqual([])
      expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([
        pathToFileURL(fileOf(String(count))).href,
      ])
    },
  )

  test('on a phone each lane says whose it is, and is seen without scrolling', async () => {
    const { page } = await open('5', 'light', 390)
    const seen = await page.$$eval('.label .host', (hosts) =>
      hosts.map((host) => {
        const { width, bottom } = (
          host as unknown as { getBoundingClientRect(): { width: number; bottom: number } }
        ).getBoundingClientRect()
        return { text: host.textContent, shown: width > 40 && bottom < 900 }
      }),
    )
    expect(seen).toEqual([
      { text: 'api.example.com', shown: true },
      { text: 'search.example.com', shown: true },
    ])
  })

  test('says which hop is slow, in figures', async () => {
    const { page } = await open('5')
    expect(await text(page, '#verdict')).toMatch(
      /^api\.example\.com spent 48 % of its time waiting for the server/,
    )
    expect(await text(page, '#tiles')).toMatch(/^5requests1failed69\.0 msmedian/)
    expect(
      await page.$$eval('.hop .stack', (bars) => bars.map((bar) => bar.getAttribute('aria-label'))),
    ).toEqual([expect.stringContaining('Waiting'), expect.stringContaining('Waiting')])
  })

  test.each(COUNTS)('%i requests: filters by text, status, errors and origin', async (count) => {
    const { page } = await open(String(count))
    const before = await coloursOf(page, 'waiting')
    await page.type('#search', count === 5 ? 'users' : 'items/250?')
    await drawn(page)
    expect(await text(page, '#shown')).toMatch(/^1 of /)
    expect((await coloursOf(page, 'waiting')).waiting).toBeLessThan(before.waiting ?? 0)
    await page.$eval('#search', (one) => ((one as unknown as { value: string }).value = ''))
    await page.type('#search', ' ')
    await page.select('#status', 'none')
    expect(await text(page, '#shown')).toBe(count === 5 ? '1 of 5 requests' : '20 of 5,000 requests')
    await page.select('#status', 'all')
    await page.click('#errors')
    expect(await text(page, '#shown')).toBe(count === 5 ? '1 of 5 requests' : '141 of 5,000 requests')
    await page.click('#errors')
    await page.select('#origin', API)
    expect(await text(page, '#shown')).toBe(count === 5 ? '4 of 5 requests' : '2,500 of 5,000 requests')
    await drawn(page)
    expect(await page.$$eval('.hop', (hops) => hops.length)).toBe(1)
  })

  test('zooms by keys, wheel, buttons and overview, and back', async () => {
    const { page } = await open('5')
    const all = await ticks(page)
    const changed = async (act: () => Promise<unknown>) => {
      const before = await ticks(page)
      await act()
      await drawn(page)
      return (await ticks(page)) !== before
    }
    await page.focus('#lanes')
    expect(await changed(() => page.keyboard.press('+'))).toBe(true)
    expect(await changed(() => page.keyboard.press('ArrowRight'))).toBe(true)
    await page.keyboard.press('0')
    await drawn(page)
    expect(await ticks(page)).toBe(all)
    await page.mouse.move(700, 600)
    expect(await changed(() => page.mouse.wheel({ deltaY: -400 }))).toBe(true)
    expect(await changed(() => drag(page, [700, 600], [600, 600]))).toBe(true)
    await page.click('#fit')
    await drawn(page)
    expect(await ticks(page)).toBe(all)
    expect(await changed(() => page.click('#zoom-in'))).toBe(true)
    const box = await (await page.$('#overview'))?.boundingBox()
    if (box == null) throw new Error('no overview')
    expect(await changed(() => drag(page, [box.x + 20, box.y + 20], [box.x + 180, box.y + 20]))).toBe(true)
  })

  async function drag(
    page: Page,
    from: readonly [number, number],
    to: readonly [number, number],
  ): Promise<void> {
    await page.mouse.move(...from)
    await page.mouse.down()
    await page.mouse.move((from[0] + to[0]) / 2, to[1])
    await page.mouse.move(...to)
    await page.mouse.up()
  }

  test('what is pointed at is said; a click shows all of it, Escape closes that', async () => {
    const { page } = await open('5')
    const box = await (await page.$('canvas.chart'))?.boundingBox()
    if (box == null) throw new Error('no lanes')
    // The second row of the first lane, in its middle.
    const [x, y] = [box.x + box.width * 0.3, box.y + 30 + 22 * 1.5]
    await page.mouse.move(x, y)
    await page.waitForSelector('#tooltip.on')
    expect(await text(page, '#tooltip')).toMatch(
      /^GET \/orders200 · 130 ms · api\.example\.comDNS2\.00 msTCP3\.00 ms/,
    )
    await page.mouse.click(x, y)
    await page.waitForSelector('#details:not([hidden])')
    const details = await text(page, '#details')
    expect(details).toContain('connection 1, stream 3')
    expect(details).toContain('content-typeapplication/json')
    await page.keyboard.press('Escape')
    await page.waitForSelector('#details[hidden]')
    const mark = box.x + box.width * ((132 + 4) / (197 * 1.26))
    await page.mouse.move(mark, box.y + 12)
    await waitFor(async () => (await text(page, '#tooltip')).startsWith('GOAWAY NO_ERROR') || null, {
      timeout: 5000,
    })
  })

  test('can be used without a pointer: requests by arrows, lanes by Enter, the filter by /', async () => {
    const { page } = await open('5000')
    // As the page was opened: nothing has the focus.
    await page.keyboard.press('ArrowDown')
    const first = await text(page, '#details h2')
    await page.keyboard.press('ArrowDown')
    const second = await text(page, '#details h2')
    expect(first).toMatch(/^(GET|POST) \/v1\/items\//)
    expect(second).not.toBe(first)
    const unfolded = await pictureOf(page)
    await page.focus('.label')
    await page.keyboard.press('Enter')
    await drawn(page)
    expect(await page.$eval('.label', (label) => label.getAttribute('aria-expanded'))).toBe('false')
    expect(await pictureOf(page)).not.toBe(unfolded)
    expect(await page.evaluate('document.activeElement.className')).toBe('label')
    await page.keyboard.press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('search')
  })

  test('the table sorts, scrolls through all of them, and chooses by keys', async () => {
    const { page } = await open('5000')
    await page.click('#view-table')
    await drawn(page)
    expect(await page.$eval('[role=table]', (table) => table.getAttribute('aria-rowcount'))).toBe('5001')
    const rows = await page.$$eval('.body .row', (all) => all.length)
    expect(rows).toBeGreaterThan(10)
    expect(rows).toBeLessThan(80)
    await page.click('[data-column=duration] button')
    await page.click('[data-column=duration] button')
    expect(await page.$eval('[data-column=duration]', (cell) => cell.getAttribute('aria-sort'))).toBe(
      'descending',
    )
    const totals = await page.$$eval('.body .row .duration', (cells) =>
      cells.map((cell) => Number.parseFloat(cell.textContent ?? '')),
    )
    expect(totals).toEqual([...totals].sort((one, other) => other - one))
    expect(totals[0]).toBeGreaterThan(100)
    await page.$eval('#table', (table) => (table.scrollTop = table.scrollHeight))
    await drawn(page)
    expect(await page.$$eval('.body .row', (all) => all.at(-1)?.getAttribute('aria-rowindex'))).toBe('5001')
    await page.focus('#table')
    await page.keyboard.press('ArrowDown')
    await page.waitForSelector('#details:not([hidden])')
    expect(await page.$eval('.row.selected', (row) => row.getAttribute('aria-current'))).toBe('true')
  })

  test('a filter never leaves an empty picture: what it finds elsewhere in time is shown', async () => {
    const { page } = await open('5')
    const all = await ticks(page)
    await page.focus('#lanes')
    for (let times = 0; times < 6; times += 1) await page.keyboard.press('+')
    for (let times = 0; times < 40; times += 1) await page.keyboard.press('ArrowRight')
    await drawn(page)
    expect(await ticks(page)).not.toBe(all)
    await page.type('#search', 'users')
    await drawn(page)
    expect(await ticks(page)).toBe(all)
  })

  test('the theme can be chosen', async () => {
    const { page } = await open('5', 'light')
    const before = await pictureOf(page)
    await page.click('#theme')
    await page.click('#theme')
    await drawn(page)
    expect(await page.$eval('html', (html) => html.dataset.theme)).toBe('dark')
    expect(await pictureOf(page)).not.toBe(before)
    expect(String(await page.evaluate('getComputedStyle(document.body).color'))).toMatch(
      /rgb\(2\d\d, 2\d\d, 2\d\d\)/,
    )
  })

  test('a recording from a file joins; what is none is refused in words', async () => {
    const { page, complaints } = await open('5')
    const input = (await page.$('#file')) as unknown as { uploadFile(path: string): Promise<void> }
    await input.uploadFile(join(folder, '5000.json'))
    await waitFor(async () => (await text(page, '#shown')) === '5,005 requests' || null, { timeout: 10_000 })
    expect(await text(page, '.title')).toContain('5 and 5000')
    writeFileSync(join(folder, 'other.json'), '{"log":{}}')
    await input.uploadFile(join(folder, 'other.json'))
    await waitFor(
      async () => (await text(page, '#message')).startsWith('other.json is no recording') || null,
      { timeout: 5000 },
    )
    expect(complaints).toEqual([])
  })

  test('what is in URLs and heads stays text', async () => {
    const path = '/<img src=x onerror="document.title=1">?</script><script>document.title=2</script>'
    write('evil', () =>
      tellRequest({
        id: 1,
        origin: API,
        connectionId: 1,
        at: performance.now(),
        waiting: 5,
        receiving: 5,
        path,
        headers: ['x-note', '<b>bold</b>'],
      }),
    )
    const { page, complaints, requests } = await open('evil')
    await page.focus('#lanes')
    await page.keyboard.press('ArrowDown')
    expect(await text(page, '#details .url')).toBe(API + path)
    await page.click('#view-table')
    await drawn(page)
    expect(await text(page, '.body .row .path')).toBe(path)
    expect(await page.$$eval('img, b > b, #details dd b', (found) => found.length)).toBe(0)
    expect(await page.title()).toMatch(/^Waterfall: 1 requests/)
    expect(complaints).toEqual([])
    expect(requests).toHaveLength(1)
  })

  test('an empty recording is a page, too', async () => {
    const { page, complaints } = await open('none')
    expect(await text(page, '#verdict')).toBe('Nothing is shown.')
    await page.click('#view-table')
    expect(complaints).toEqual([])
  })

  test('text can be read: contrast of at least 4.5 in both themes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page } = await open('5', scheme)
      const ratios = await contrasts(page)
      expect(
        Object.entries(ratios).filter(([, ratio]) => ratio < 4.5),
        scheme,
      ).toEqual([])
    }
  })

  /** Of each colour of text against the two that it stands on (WCAG 2.2, relative luminance). */
  async function contrasts(page: Page): Promise<Record<string, number>> {
    const colours = (await page.evaluate(`(() => {
      const probe = document.body.appendChild(document.createElement('i'))
      const of = (name) => {
        probe.style.color = 'var(--' + name + ')'
        return getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number)
      }
      return Object.fromEntries(['ink', 'soft', 'accent', 'error', 'warn', 'card', 'paper'].map((name) => [name, of(name)]))
    })()`)) as Record<string, number[]>
    const luminance = (parts: readonly number[] = []) => {
      const [red = 0, green = 0, blue = 0] = parts.map((part) => {
        const share = part / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const ratio = (one: string, other: string) => {
      const [low = 0, high = 0] = [luminance(colours[one]), luminance(colours[other])].sort((a, b) => a - b)
      return (high + 0.05) / (low + 0.05)
    }
    const texts = ['ink', 'soft', 'accent', 'error', 'warn']
    return Object.fromEntries(
      texts.flatMap((name) =>
        ['card', 'paper'].map((ground) => [`${name} on ${ground}`, ratio(name, ground)]),
      ),
    )
  }
})
