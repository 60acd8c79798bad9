/** Does one `fetch` and nothing else; no close, no exit. */
import { fetch } from '../../../../src/index.ts'

const response = await fetch(process.argv[2] as string)
const body = await response.text()
console.log(JSON.stringify({ status: response.status, protocol: response.protocol, length: body.length }))
