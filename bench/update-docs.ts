/** `node bench/update-docs.ts REPORT.html`: the figures of a report go into docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { markdownOf, withFigures } from './markdown.ts'
import { dataOf } from './report/page.ts'

const [report] = process.argv.slice(2)
if (report === undefined) {
  console.error(
    'Which report? npm run bench -- --report bench.html, then node bench/update-docs.ts bench.html',
  )
  process.exit(2)
}
const file = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
writeFileSync(file, withFigures(readFileSync(file, 'utf8'), markdownOf(dataOf(readFileSync(report, 'utf8')))))
console.log('docs/performance.md has the figures')
