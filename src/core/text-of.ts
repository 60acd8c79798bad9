/** Whatever a caller gave, as text for a check or a message; never throws, as `String` does for some objects. */
export function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
