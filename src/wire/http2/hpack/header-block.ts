import type { HeaderList } from '../../../core/headers.ts'

/** A decoded header block. Immutable, and the same object each time a block that is remembered comes again. */
export class HeaderBlock {
  readonly fields: HeaderList
  /** Name, value and 32 of each field, bytes (RFC 9113 section 6.5.2). */
  readonly size: number
  /** Free for the owner of the decoder, to keep what it read in the fields. */
  memo: unknown = null

  constructor(fields: HeaderList, size: number) {
    this.fields = fields
    this.size = size
  }
}
