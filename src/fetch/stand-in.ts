type Class = { readonly prototype: object }

/**
 * Makes `ours` look like a class of the platform without running its constructor: `instanceof`, `constructor`, names
 * in `for in`, and members that a later Node adds, which go to the native object that `nativeOf` gives.
 */
export function standIn<T extends object>(ours: Class, theirs: Class, nativeOf: (self: T) => object): void {
  const { prototype } = ours
  Object.setPrototypeOf(prototype, theirs.prototype)
  Reflect.deleteProperty(prototype, 'constructor')
  for (const key of Reflect.ownKeys(theirs.prototype)) {
    const model = Object.getOwnPropertyDescriptor(theirs.prototype, key) as PropertyDescriptor
    const own = Object.getOwnPropertyDescriptor(prototype, key) ?? forwarded(key, model, nativeOf)
    if (key !== 'constructor')
      Object.defineProperty(prototype, key, { ...own, enumerable: model.enumerable === true })
  }
}

function forwarded<T extends object>(
  key: PropertyKey,
  model: PropertyDescriptor,
  nativeOf: (self: T) => object,
): PropertyDescriptor {
  const { value, get } = model
  if (get !== undefined) {
    return {
      configurable: true,
      get(this: T) {
        return Reflect.get(nativeOf(this), key)
      },
    }
  }
  if (typeof value !== 'function') return model
  const method = {
    [key](this: T, ...args: unknown[]): unknown {
      const native = nativeOf(this)
      return Reflect.apply(Reflect.get(native, key) as () => unknown, native, args)
    },
  }
  return { configurable: true, writable: true, value: Reflect.get(method, key) }
}
