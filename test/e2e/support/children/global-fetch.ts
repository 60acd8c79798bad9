/** A program that knows of no library: `fetch` is whatever the process has. */
const response = await fetch(process.argv[2] as string)
const { hello, httpVersion } = (await response.json()) as { hello: string; httpVersion: string }
console.log(JSON.stringify({ status: response.status, hello, httpVersion }))

export {}
