/** TLS sessions that outlive the process, or are shared between several: `trunkline/tickets`. */
export { FileTlsSessionStore, type FileTlsSessionStoreOptions } from './file-store.ts'
export { LayeredTlsSessionStore, type LayeredTlsSessionStoreOptions } from './layered-store.ts'
export { type RedisScripts, RedisTlsSessionStore, type RedisTlsSessionStoreOptions } from './redis-store.ts'
export { type TicketKey, type TicketKeys, ticketKeyFromPassphrase } from './ticket-keys.ts'
