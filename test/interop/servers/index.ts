import { apache } from './apache.ts'
import { caddy } from './caddy.ts'
import { h2o } from './h2o.ts'
import { haproxy } from './haproxy.ts'
import { nghttpd } from './nghttpd.ts'
import { nginx } from './nginx.ts'
import type { ServerDefinition } from './server.ts'

export const servers: readonly ServerDefinition[] = [nginx, h2o, caddy, apache, haproxy, nghttpd]
