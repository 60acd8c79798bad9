/** What the headline figures need, and `--quick` runs: scenarios, and who takes part in each. */

const ours = (apis: string) => new RegExp(`^(?:\\w+-)?(?:${apis})$`)

const among =
  (apis: string, ...others: readonly string[]) =>
  (client: string): boolean =>
    others.includes(client) || (ours(apis).test(client) && !/^(?:undici|platform)-/.test(client))

export const QUICK_CONTENDERS: Readonly<Record<string, (client: string) => boolean>> = {
  'get-1k-c100': among('fetch|request', 'raw', 'undici-fetch', 'platform-fetch', 'h2load'),
  'http1-1k': among('fetch', 'undici-fetch'),
  'link-50ms': among('fetch', 'raw-tls'),
  unread: among('fetch'),
}

/** Most of the time goes where the CPU of one client is compared with that of another: that differs most by round. */
export const QUICK_ROUNDS_AT_MOST: Readonly<Record<string, number>> = {
  'http1-1k': 5,
  'link-50ms': 3,
  unread: 1,
}
