/**
 * Imports Trunkline and undici in an order, uses both, and prints what they see. Arguments: origin, order (a comma
 * list of `trunkline`, `undici`, `register`).
 */
const [origin, order] = process.argv.slice(2) as [string, string]
const symbols = () => Object.getOwnPropertySymbols(globalThis).map(String).sort()
const names = () => Object.getOwnPropertyNames(globalThis).sort()
const platform = { fetch: globalThis.fetch, Response: globalThis.Response, Headers: globalThis.Headers }
const descriptor = () => {
  const { value, ...attributes } = Object.getOwnPropertyDescriptor(globalThis, 'fetch') ?? {}
  return JSON.stringify({ ...attributes, name: value?.name, length: value?.length })
}
const before = { symbols: symbols(), names: names(), descriptor: descriptor() }

const modules: Record<string, () => Promise<unknown>> = {
  trunkline: () => import('../../../../src/index.ts'),
  register: () => import('../../../../src/register.ts'),
  undici: () => import('undici'),
}
const loaded: Record<string, unknown> = {}
for (const name of order.split(',')) loaded[name] = await modules[name]?.()

const trunkline = loaded.trunkline as typeof import('../../../../src/index.ts') | undefined
const undici = loaded.undici as { fetch: typeof fetch } | undefined
const used: Record<string, unknown> = {}
if (trunkline !== undefined) used.trunkline = (await trunkline.fetch(origin)).protocol
if (undici !== undefined) used.undici = (await undici.fetch(origin)).status
const viaGlobal = await fetch(origin)
used.global = (viaGlobal as { protocol?: string }).protocol ?? viaGlobal.status
used.instance = viaGlobal instanceof Response

console.log(
  JSON.stringify({
    used,
    fetchReplaced: globalThis.fetch !== platform.fetch,
    othersReplaced: globalThis.Response !== platform.Response || globalThis.Headers !== platform.Headers,
    sameDescriptor: descriptor() === before.descriptor,
    newSymbols: symbols().filter((name) => !before.symbols.includes(name)),
    newNames: names().filter((name) => !before.names.includes(name)),
  }),
)
