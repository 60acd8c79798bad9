/** What undici's own suite asks of a dispatcher, asked of ours, over HTTP/2 and HTTP/1.1. */
import { createDispatcher } from 'trunkline/undici'
import { describe, test } from 'vitest'
import { BridgeStand, protocols } from './support/bridge-stand.ts'
import { behaviours } from './support/undici-behaviours.ts'

const stand = new BridgeStand()
const files = [...new Set(behaviours.map(({ file }) => file))]

describe.each(protocols)('over %s', (protocol) => {
  describe.each(files)('%s', (file) => {
    for (const { what, handler, differs, run } of behaviours.filter((one) => one.file === file)) {
      const title = differs === undefined ? what : `${what} (not here: ${differs})`
      test(title, { fails: differs !== undefined }, async () => {
        const { client, origin, server } = await stand.open(protocol, handler)
        const requests = () => server.counts.requests
        await run({ dispatcher: createDispatcher(client), origin, requests })
      })
    }
  })
})
