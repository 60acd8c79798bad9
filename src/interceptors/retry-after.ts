/** `Retry-After` (RFC 9110 section 10.2.3) in either form, as ms from `now`; null when it is neither. */
export function retryAfterMs(value: string, now: number): number | null {
  const text = value.trim()
  if (/^[0-9]+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER)
  if (!HTTP_DATE.test(text)) return null
  // The asctime form names no zone, and means GMT as the others do.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** RFC 9110 section 5.6.7: the three forms all begin with the name of a day. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/
