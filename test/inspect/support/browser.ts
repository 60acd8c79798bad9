/** A page in headless Chromium, with everything that it complains about and asks for. */
import { pathToFileURL } from 'node:url'
import { type Browser, launch, type Page } from 'puppeteer-core'
import { findProgram } from '../../../bench/pinning.ts'

export const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .map(findProgram)
  .find((path) => path !== null)

export const startBrowser = (): Promise<Browser> =>
  launch({ executablePath: chromium as string, args: ['--no-sandbox', '--disable-gpu'] })

export interface Shown {
  readonly page: Page
  /** Messages of the console, and errors. */
  readonly complaints: string[]
  readonly requests: string[]
}

export async function show(
  browser: Browser,
  file: string,
  scheme: 'light' | 'dark',
  width = 1280,
): Promise<Shown> {
  const page = await browser.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => requests.push(request.url()))
  await page.setViewport({ width, height: 900 })
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ])
  await page.goto(pathToFileURL(file).href)
  await drawn(page)
  return { page, complaints, requests }
}

/** Two frames later everything that was asked for is drawn. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}

/** How many pixels of the lanes have each of these colours, which are names of the style sheet. */
export async function coloursOf(page: Page, ...names: readonly string[]): Promise<Record<string, number>> {
  return page.evaluate((wanted: readonly string[]) => {
    // In the browser, of whose globals the types of Node know nothing.
    const { document, getComputedStyle } = globalThis as unknown as {
      document: {
        body: { append(node: unknown): void }
        createElement(tag: string): { style: { color: string }; remove(): void }
        querySelector(selector: string): {
          width: number
          height: number
          getContext(kind: string): { getImageData(...box: number[]): { data: Uint8ClampedArray } }
        }
      }
      getComputedStyle(node: unknown): { color: string }
    }
    const canvas = document.querySelector('canvas.chart')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const counts = new Map<number, number>()
    for (let at = 0; at < data.length; at += 4) {
      const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)
      counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
    const probe = document.createElement('i')
    document.body.append(probe)
    const entries = wanted.map((name) => {
      probe.style.color = `var(--${name})`
      const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number)
      return [name, counts.get((red << 16) | (green << 8) | blue) ?? 0]
    })
    probe.remove()
    return Object.fromEntries(entries)
  }, names)
}
