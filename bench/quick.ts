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
