import type { Refusal } from './proxy-failure.ts'

/** Bytes of an answer's head. What is longer is no answer of a proxy. */
export const LONGEST_HEAD = 64 * 1024

const HEAD_END = '\r\n\r\n'
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [^\r\n]*)?$/
const NO_BYTES = Buffer.alloc(0)

/** What has come so far: nothing yet that counts; an answer, and what stood behind it; or no answer at all. */
export type ConnectAnswer =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'answer'; readonly refusal: Refusal; readonly rest: Buffer }
  | { readonly kind: 'garbage'; readonly why: string }

/** Reads the head of an answer to CONNECT (RFC 9110 section 9.3.6) as its bytes come. */
export class ConnectAnswerReader {
  #bytes: Buffer = NO_BYTES

  push(chunk: Buffer): ConnectAnswer {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    for (;;) {
      // Whatever does not begin like HTTP need not be waited for.
      const start = this.#bytes.subarray(0, 5).toString('latin1')
      if (!'HTTP/'.startsWith(start)) return { kind: 'garbage', why: 'it does not speak HTTP/1.1' }
      const end = this.#bytes.subarray(0, LONGEST_HEAD).indexOf(HEAD_END)
      if (end === -1) {
        if (this.#bytes.length < LONGEST_HEAD) return { kind: 'incomplete' }
        return { kind: 'garbage', why: `the head of its answer is longer than ${LONGEST_HEAD / 1024} KiB` }
      }
      const head = this.#bytes.subarray(0, end).toString('latin1').split('\r\n')
      const rest = this.#bytes.subarray(end + HEAD_END.length)
      const status = Number(STATUS_LINE.exec(head[0] as string)?.[1] ?? 0)
      if (status === 0) return { kind: 'garbage', why: 'the first line of its answer is no status line' }
      if (status === 101) return { kind: 'garbage', why: 'it switched protocols (101)' }
      if (status >= 200) return { kind: 'answer', refusal: { status, schemes: schemesOf(head) }, rest }
      // An interim answer; the one that counts comes behind it.
      this.#bytes = rest
    }
  }
}

function schemesOf(head: readonly string[]): readonly string[] {
  return schemeNames(head.flatMap((line) => /^proxy-authenticate:\s*(.*)/i.exec(line)?.[1] ?? []))
}

/** Of values of Proxy-Authenticate; their parameters are of no interest, and a realm is theirs to keep. */
export function schemeNames(values: readonly string[]): readonly string[] {
  const names = values.flatMap((value) => /^[!#$%&'*+\-.^_`|~\w]{1,40}/.exec(value)?.[0] ?? [])
  return [...new Set(names)].slice(0, 5)
}
