/**
 * For calls whose options default to `{}`, as those of lru-cache: an object without a prototype, so that what somebody
 * added to `Object.prototype` is not taken for an option.
 */
export const NO_OPTIONS: Record<string, never> = Object.freeze(Object.create(null))
