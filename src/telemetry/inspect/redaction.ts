import type { HeaderList } from '../../core/headers.ts'

/** What takes the place of a secret. */
export const REDACTED = '(redacted)'

const CREDENTIALS = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization']
const URL_FIELDS = new Set(['location', 'referer', 'content-location'])
const USER_INFO = /(\/\/)[^/?#\s@]*@/g

/** Leaves secrets out of what is kept. */
export interface Redaction {
  headers(list: HeaderList): string[]
  /** A URL, or a text that may hold one. */
  text(text: string): string
}

/** Keeps everything. */
const OPEN: Redaction = { headers: (list) => [...list], text: (text) => text }

/**
 * @param names Fields, and parameters of queries, that are secret as well; upper and lower case are the same.
 */
export function createRedaction(credentials: boolean, names: readonly string[]): Redaction {
  const secret = names.map((name) => name.toLowerCase())
  const fields = new Set([...(credentials ? [] : CREDENTIALS), ...secret])
  if (fields.size === 0) return OPEN
  const text = (value: string) => {
    const anonymous = credentials ? value : value.replace(USER_INFO, '$1')
    return secret.length === 0 ? anonymous : withoutParameters(anonymous, fields)
  }
  return { text, headers: (list) => list.map((part, index) => redactPart(list, part, index, fields, text)) }
}

function redactPart(
  list: HeaderList,
  part: string,
  index: number,
  fields: ReadonlySet<string>,
  text: (value: string) => string,
): string {
  if (index % 2 === 0) return part
  const name = (list[index - 1] as string).toLowerCase()
  if (fields.has(name)) return REDACTED
  return URL_FIELDS.has(name) ? text(part) : part
}

function withoutParameters(text: string, names: ReadonlySet<string>): string {
  return text.replace(/([?&])([^=&#\s]+)=([^&#\s]*)/g, (whole, before: string, name: string) =>
    names.has(decoded(name).toLowerCase()) ? `${before}${name}=${REDACTED}` : whole,
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
