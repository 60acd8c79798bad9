/** Which requests are shown. */
import type { RecordedRequest } from '../recording.ts'
import { isFailed } from '../summary.ts'

export interface Filter {
  /** Words that must all be there; those behind a `-` must not. */
  readonly text: string
  readonly status: StatusClass
  /** Failed, or answered with 400 or above. */
  readonly errorsOnly: boolean
  /** Empty: all of them. */
  readonly origin: string
}

export const STATUS_CLASSES = ['all', '2xx', '3xx', '4xx', '5xx', 'none'] as const
export type StatusClass = (typeof STATUS_CLASSES)[number]

export const EVERYTHING: Filter = { text: '', status: 'all', errorsOnly: false, origin: '' }

export function filterOf({
  text,
  status,
  errorsOnly,
  origin,
}: Filter): (request: RecordedRequest) => boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
  const wanted = words.filter((word) => !word.startsWith('-'))
  const unwanted = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1))
  return (request) => {
    if (origin !== '' && request.origin !== origin) return false
    if (errorsOnly && !isFailed(request)) return false
    if (status !== 'all' && classOf(request.status) !== status) return false
    if (words.length === 0) return true
    const said = textOf(request)
    return wanted.every((word) => said.includes(word)) && !unwanted.some((word) => said.includes(word))
  }
}

function classOf(status: number | null): StatusClass {
  return status === null ? 'none' : (`${Math.floor(status / 100)}xx` as StatusClass)
}

function textOf({ method, url, status, protocol, error, correlationId, attempts }: RecordedRequest): string {
  const urls = attempts.map((attempt) => attempt.url).filter((one) => one !== url)
  return [method, url, status, protocol, error?.code, error?.message, correlationId, ...urls]
    .join(' ')
    .toLowerCase()
}
