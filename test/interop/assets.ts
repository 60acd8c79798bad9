import { createCipheriv, createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'

/** A file that every server serves and that the uploads send. Its bytes follow from its size alone. */
export interface Asset {
  readonly name: string
  readonly label: string
  readonly size: number
  readonly sha256: string
}

const mebibyte = 1024 * 1024
const chunkSize = 64 * 1024

export const assets = {
  byte: asset('1 B', 1, 'a318c24216defe206feeb73ef5be00033fa9c4a74d0b967f6532a26ca5906d3b'),
  small: asset('1 KiB', 1024, '315c46674e03552dda166db34612610687122222edca49c519eb9f0a345fad7d'),
  // One more than the window of HTTP/2 as it starts, rounded up: it cannot end without a WINDOW_UPDATE.
  window: asset(
    '64 KiB + 1',
    64 * 1024 + 1,
    '82bdd6436ca3a13e32556d28ace7ce8badceef21f4d0ee463909d90a4919c16b',
  ),
  medium: asset('1 MiB', mebibyte, 'a7ff5e3640a5910625769eeda7aec6b169474e5b90df4f8f2dac32c710dba7c2'),
  large: asset('100 MiB', 100 * mebibyte, 'afd53a27315c24ffe3350f7c8afe529caf03ac9f84fbc6fe74fa352f41145b0e'),
} as const

/** Made only for `--huge`. */
export const hugeAsset = asset(
  '1 GiB',
  1024 * mebibyte,
  '81ee9d44cf055c85956a76e06b5fd0b9a0f59fe0d3a4d71434d26569165437d5',
)

function asset(label: string, size: number, sha256: string): Asset {
  return { name: `${size}.bin`, label, size, sha256 }
}

/** The bytes of an asset: an AES-CTR key stream, so no compression and no repetition hides a fault. */
export function* assetChunks(size: number): Generator<Uint8Array<ArrayBuffer>> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'trunkline'), Buffer.alloc(16))
  const zeros = Buffer.alloc(chunkSize)
  for (let left = size; left > 0; left -= chunkSize) {
    yield new Uint8Array(cipher.update(zeros.subarray(0, Math.min(left, chunkSize))))
  }
}

export function assetBytes(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([...assetChunks(size)]))
}

export async function writeAssets(directory: string, huge: boolean): Promise<void> {
  for (const { name, size, sha256 } of [...Object.values(assets), ...(huge ? [hugeAsset] : [])]) {
    const hash = createHash('sha256')
    const file = createWriteStream(join(directory, name), { highWaterMark: mebibyte })
    for (const chunk of assetChunks(size)) {
      hash.update(chunk)
      if (!file.write(chunk)) await new Promise((resolve) => file.once('drain', resolve))
    }
    file.end()
    await finished(file)
    const digest = hash.digest('hex')
    if (digest !== sha256) throw new Error(`${name} was made wrong: its sha256 is ${digest}, not ${sha256}`)
  }
}
