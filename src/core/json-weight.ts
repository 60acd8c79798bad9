import { types } from 'node:util'

/** What a value costs beside its text: a number, a bracket, a comma. */
const NODE = 8

/** Deeper values count as heavy, whatever they hold: so a walk that begins at each level stays cheap. */
const DEEPEST = 64

/**
 * What is left of `budget`, about one for each character of its JSON, when the value is taken from it; negative when
 * it is too heavy. Looks no further than the budget goes and runs no code of the value's: a getter or a proxy may
 * hide anything, so either is heavy, and an object with `toJSON` weighs what its own fields weigh.
 */
export function lighten(budget: number, value: unknown, within: object[] = []): number {
  if (typeof value === 'string') return budget - value.length - NODE
  if (typeof value !== 'object' || value === null) return budget - NODE
  if (types.isProxy(value)) return -1
  // A cycle has no JSON form; who writes it says so.
  if (within.includes(value)) return budget - NODE
  if (within.length >= DEEPEST) return -1
  if (ArrayBuffer.isView(value)) return budget - NODE * value.byteLength
  within.push(value)
  const left = Array.isArray(value)
    ? lightenArray(budget, value, within)
    : lightenObject(budget, value, within)
  within.pop()
  return left
}

function lightenArray(budget: number, value: readonly unknown[], within: object[]): number {
  let left = budget - NODE - value.length
  for (let index = 0; left >= 0 && index < value.length; index += 1)
    left = lighten(left, value[index], within)
  return left
}

function lightenObject(budget: number, value: object, within: object[]): number {
  let left = budget - NODE
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property === undefined || property.get !== undefined) return -1
    left = lighten(left - key.length, property.value, within)
    if (left < 0) break
  }
  return left
}
