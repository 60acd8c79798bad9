/** Inputs worth keeping: between them they pass through all that a search has found. One in a line, as base64. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

function fileOf(target: string): URL {
  return new URL(`corpus/${target}.txt`, import.meta.url)
}

export function readCorpus(target: string): Uint8Array[] {
  if (!existsSync(fileOf(target))) return []
  const lines = readFileSync(fileOf(target), 'latin1').trim().split('\n')
  return lines.map((line) => Buffer.from(line, 'base64'))
}

export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  mkdirSync(new URL('.', fileOf(target)), { recursive: true })
  const lines = inputs.map((input) => Buffer.from(input).toString('base64')).sort()
  writeFileSync(fileOf(target), `${lines.join('\n')}\n`)
}
