import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerDefinition, Site } from './server.ts'

const configuration = (site: Site) => `
{
  admin off
  auto_https off
  log {
    level WARN
  }
  servers {
    protocols h1 h2
  }
}
https://localhost:${site.port} {
  bind 127.0.0.1
  tls ${site.certificateFile} ${site.keyFile} {
    protocols tls1.2 tls1.3
  }
  handle /echo {
    reverse_proxy 127.0.0.1:${site.originPort} {
      flush_interval -1
    }
  }
  handle {
    root * ${site.docroot}
    header x-tls-version {http.request.tls.version}
    header x-tls-resumed {http.request.tls.resumed}
    file_server
  }
}
`

export const caddy: ServerDefinition = {
  name: 'caddy',
  binary: 'caddy',
  debianPackage: 'caddy',
  protocols: ['h2', 'http/1.1'],
  // Go's default; 2.6 has no option for it.
  maxConcurrentStreams: 250,
  proxiesEcho: true,
  duplex: true,
  requestsPerConnection: {},
  reportsTls: true,
  versionArgument: 'version',
  async configure(site) {
    const file = join(site.directory, 'Caddyfile')
    await writeFile(file, configuration(site))
    return {
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      env: { HOME: site.directory, XDG_CONFIG_HOME: site.directory, XDG_DATA_HOME: site.directory },
    }
  },
}
