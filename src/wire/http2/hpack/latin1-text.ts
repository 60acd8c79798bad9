/** Node's own slices, which its types leave out: `toString` asks about its encoding first, which takes as long again. */
interface Latin1Source {
  latin1Slice(start: number, end: number): string
}

/** The bytes from `start` to `end` as text, one character each: obs-text (RFC 9110 section 5.5) survives. */
export function latin1Text(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Source).latin1Slice(start, end)
}
