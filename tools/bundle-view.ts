/**
 * `npm run bundle:view`: makes `src/telemetry/inspect/view-bundle.ts` of the scripts and the style in `view/`, so that
 * the page is a text that works from the sources, from both builds, and from whatever others bundle us into. The file
 * is kept with the sources; a test holds it to them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const folder = fileURLToPath(new URL('../src/telemetry/inspect/', import.meta.url))
export const bundleFile = join(folder, 'view-bundle.ts')

/** The text of the file. */
export async function bundleView(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'trunkline-view-'))
  try {
    await build({
      config: false,
      silent: true,
      entry: { app: join(folder, 'view/app.ts'), style: join(folder, 'view/style.css') },
      tsconfig: join(folder, 'view/tsconfig.json'),
      outDir,
      format: 'iife',
      target: 'es2023',
      platform: 'browser',
      minify: true,
      dts: false,
    })
    const script = await readFile(join(outDir, 'app.global.js'), 'utf8')
    const style = await readFile(join(outDir, 'style.css'), 'utf8')
    return [
      '// Made by `npm run bundle:view` from view/: change it there.',
      `export const SCRIPT = ${literal(script)}`,
      `export const STYLE = ${literal(style)}`,
      '',
    ].join('\n')
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

/** Safe inside a `<script>` or `<style>`: nothing in it ends the element. */
function literal(text: string): string {
  return JSON.stringify(text.trim().replaceAll('</', '<\\/'))
}

if (import.meta.main) await writeFile(bundleFile, await bundleView())
