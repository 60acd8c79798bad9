import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerDefinition, Site } from './server.ts'

const configuration = (site: Site) => `
global
  maxconn 1000
  nbthread 1
  log stderr format raw local0 warning
  ssl-default-bind-options ssl-min-ver TLSv1.2
  tune.h2.max-concurrent-streams ${haproxy.maxConcurrentStreams}

defaults
  mode http
  log global
  timeout connect 5s
  timeout client 60s
  timeout server 60s

frontend interop
  bind 127.0.0.1:${site.port} ssl crt ${site.bundleFile} alpn h2,http/1.1
  http-response set-header x-tls-version %[ssl_fc_protocol]
  http-response set-header x-tls-resumed %[ssl_fc_is_resumed]
  default_backend origin

backend origin
  http-reuse always
  server origin 127.0.0.1:${site.originPort}
`

/** HAProxy serves no files: all of the site comes from the origin behind it. */
export const haproxy: ServerDefinition = {
  name: 'haproxy',
  binary: 'haproxy',
  debianPackage: 'haproxy',
  protocols: ['h2', 'http/1.1'],
  maxConcurrentStreams: 10,
  proxiesEcho: true,
  duplex: true,
  requestsPerConnection: {},
  reportsTls: true,
  versionArgument: '-v',
  async configure(site) {
    const file = join(site.directory, 'haproxy.cfg')
    await writeFile(file, configuration(site))
    return { args: ['-db', '-f', file] }
  },
}
