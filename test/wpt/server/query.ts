/** A query as WPT's server reads it: bytes, each of them one character of the strings here. */
export class Query {
  readonly #entries: [string, string][]

  constructor(search: string) {
    const text = search.startsWith('?') ? search.slice(1) : search
    this.#entries = text
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const cut = part.indexOf('=')
        return cut === -1 ? [decode(part), ''] : [decode(part.slice(0, cut)), decode(part.slice(cut + 1))]
      })
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => key === name)
  }

  /** The first value of that name, or null. */
  get(name: string): string | null {
    return this.#entries.find(([key]) => key === name)?.[1] ?? null
  }

  all(name: string): string[] {
    return this.#entries.filter(([key]) => key === name).map(([, value]) => value)
  }

  number(name: string, otherwise: number): number {
    const value = this.get(name)
    return value === null ? otherwise : Number(value)
  }

  /** Each name once, with its first value. */
  firsts(): [string, string][] {
    return [...new Set(this.#entries.map(([name]) => name))].map((name) => [name, this.get(name) ?? ''])
  }
}

function decode(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
