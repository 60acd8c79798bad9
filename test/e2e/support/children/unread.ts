/** Gets a response head and never looks at the body. */
import { fetch } from '../../../../src/index.ts'

const response = await fetch(process.argv[2] as string)
console.log(JSON.stringify({ status: response.status }))
