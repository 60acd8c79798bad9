/** See ../h2load.ts, which runs it. */
import { hasH2load } from '../h2load.ts'
import type { ClientDefinition } from './client.ts'

export const h2load: ClientDefinition = {
  id: 'h2load',
  name: 'h2load (C)',
  cannot: { unread: 'reads everything' },
  missing: async () => (hasH2load() ? null : 'it is not installed (Debian: apt-get install nghttp2-client)'),
  open: null,
}
