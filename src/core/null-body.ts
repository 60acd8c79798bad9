/** The Fetch standard's null body statuses, and HEAD: what has no content, whatever its fields say. */
export function hasNullBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304 || status < 200
}
