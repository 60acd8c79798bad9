/**
 * For calls whose options default to `{}`, as those of lru-cache: an object without a prototype, so that what somebody
 * added to `Object.prototype` is not taken for an option. A new one for each call, since lru-cache writes to it.
 */
export function noOptions(): Record<string, never> {
  return Object.create(null)
}
