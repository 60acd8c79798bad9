/** Which client is drawn how. */
import type { BenchResult, ClientInfo } from '../results.ts'
import type { Tone } from './charts.ts'

const REFERENCES = new Set(['raw', 'raw-16m', 'h2load', 'raw-tls'])

export function toneOf({ id, ours }: ClientInfo): Tone {
  if (ours) return id.includes('-') ? 'second' : 'ours'
  return REFERENCES.has(id) ? 'reference' : 'peer'
}

/** Clients by id, with their tones. */
export function clientsOf(result: BenchResult): Map<string, ClientInfo & { readonly tone: Tone }> {
  return new Map(result.clients.map((client) => [client.id, { ...client, tone: toneOf(client) }]))
}
