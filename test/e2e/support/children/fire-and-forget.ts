/** Starts a request and lets the script end; only the request keeps the process alive. */
import { fetch } from '../../../../src/index.ts'

fetch(process.argv[2] as string).then(async (response) => {
  const body = await response.json()
  console.log(JSON.stringify({ body }))
})
