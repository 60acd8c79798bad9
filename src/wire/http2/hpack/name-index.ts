import { type DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.ts'
import { type FieldPolicy, policyOf } from './field-policy.ts'
import { FIRST_DYNAMIC_INDEX, STATIC_INDEX } from './static-table.ts'

/** Names that are kept; the table has at most a quarter of them with its usual size. */
const MAX_NAMES = 512
/** So many values in a row that were indexed and never came again make a field volatile. */
const MAX_UNREPEATED = 8
/** A value that was indexed longer ago than so many blocks was no waste: it repeated until now. */
const STABLE_BLOCKS = 16

const NO_VALUES: readonly string[] = []

/** What an encoder knows of the fields of one name. */
export class NameRecord {
  readonly name: string
  policy: FieldPolicy
  /** Index of the name in the static table, 0 if it is not there. */
  readonly staticIndex: number
  readonly #staticValues: readonly string[]
  /** Values in the dynamic table, and the numbers of their entries; evicted ones too, until the next is added. */
  readonly #values: string[] = []
  readonly #numbers: number[] = []
  #unrepeated = 0
  #lastAdded = 0

  constructor(name: string, policy: FieldPolicy) {
    const known = STATIC_INDEX.get(name)
    this.name = name
    this.policy = policy
    this.staticIndex = known?.index ?? 0
    this.#staticValues = known?.values ?? NO_VALUES
  }

  /** Index of the field in the static table, or 0. */
  staticFieldIndex(value: string): number {
    const values = this.#staticValues
    for (let place = 0; place < values.length; place += 1) {
      if (values[place] === value) return this.staticIndex + place
    }
    return 0
  }

  /** Index of the field in the dynamic table, or 0. */
  dynamicFieldIndex(value: string, table: DynamicTable): number {
    const evicted = table.newest - table.length
    for (let place = this.#values.length - 1; place >= 0; place -= 1) {
      const number = this.#numbers[place] as number
      if (number <= evicted) return 0
      if (this.#values[place] !== value) continue
      this.#unrepeated = 0
      return FIRST_DYNAMIC_INDEX + table.newest - number
    }
    return 0
  }

  /** Index of the name in one of the tables, or 0. */
  nameIndex(table: DynamicTable): number {
    if (this.staticIndex !== 0) return this.staticIndex
    const number = this.#numbers.at(-1) ?? 0
    return number > table.newest - table.length ? FIRST_DYNAMIC_INDEX + table.newest - number : 0
  }

  /** Adds the field to the table. `block` counts the blocks of the connection. */
  add(value: string, table: DynamicTable, block: number): void {
    this.#forgetEvicted(table)
    table.add(this.name, value)
    this.#values.push(value)
    this.#numbers.push(table.newest)
    this.#unrepeated = block - this.#lastAdded > STABLE_BLOCKS ? 1 : this.#unrepeated + 1
    this.#lastAdded = block
    if (this.#unrepeated >= MAX_UNREPEATED) this.policy = 'volatile'
  }

  /** Whether a field of this name is in the table. */
  isIn(table: DynamicTable): boolean {
    return (this.#numbers.at(-1) ?? 0) > table.newest - table.length
  }

  #forgetEvicted(table: DynamicTable): void {
    const evicted = table.newest - table.length
    let count = 0
    while (count < this.#numbers.length && (this.#numbers[count] as number) <= evicted) count += 1
    if (count === 0) return
    this.#values.splice(0, count)
    this.#numbers.splice(0, count)
  }
}

/** The tables of an encoder the other way round: from names to what is known of them. */
export class NameIndex {
  readonly #records = new Map<string, NameRecord>()
  readonly #neverIndexed: ReadonlySet<string>
  readonly #table: DynamicTable

  constructor(table: DynamicTable, neverIndexed: ReadonlySet<string>) {
    this.#table = table
    this.#neverIndexed = neverIndexed
  }

  recordOf(name: string): NameRecord {
    const known = this.#records.get(name)
    if (known !== undefined) return known
    if (this.#records.size >= MAX_NAMES) this.#forgetUnused()
    const record = new NameRecord(name, policyOf(name, this.#neverIndexed))
    this.#records.set(name, record)
    return record
  }

  #forgetUnused(): void {
    for (const [name, record] of this.#records) {
      if (!record.isIn(this.#table)) this.#records.delete(name)
    }
  }
}

/** A field larger than that would push out nearly everything else. */
export function isWorthIndexing(name: string, value: string, table: DynamicTable): boolean {
  return (name.length + value.length + ENTRY_OVERHEAD) * 4 <= table.maxSize * 3
}
