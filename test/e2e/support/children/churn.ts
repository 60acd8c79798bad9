/** The common mistake: a client for each call. */
import { createClient } from '../../../../src/index.ts'

const codes: unknown[] = []
process.on('warning', (warning) => {
  if (warning.name === 'TrunklineWarning') codes.push((warning as { code?: string }).code)
})
let statuses = 0
let resumed = 0
for (let call = 0; call < 40; call += 1) {
  const client = createClient()
  const response = await client.fetch(process.argv[2] as string)
  await response.text()
  if (response.status === 200) statuses += 1
  if (response.timings.resumed) resumed += 1
  await client.close()
}
console.log(JSON.stringify({ statuses, codes, resumed }))
