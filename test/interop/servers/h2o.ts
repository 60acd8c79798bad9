import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRoot, type ServerDefinition, type Site } from './server.ts'

const configuration = (site: Site) => `
${isRoot ? 'user: root' : ''}
pid-file: ${site.directory}/h2o.pid
temp-buffer-path: ${site.directory}
num-threads: 1
http2-max-concurrent-requests-per-connection: ${h2o.maxConcurrentStreams}
ssl-session-resumption:
  mode: all
listen:
  host: 127.0.0.1
  port: ${site.port}
  ssl:
    certificate-file: ${site.certificateFile}
    key-file: ${site.keyFile}
    minimum-version: TLSv1.2
    ocsp-update-interval: 0
hosts:
  "localhost:${site.port}":
    paths:
      "/echo":
        proxy.reverse.url: "http://127.0.0.1:${site.originPort}/echo"
        proxy.timeout.io: 60000
      "/":
        file.dir: ${site.docroot}
`

export const h2o: ServerDefinition = {
  name: 'h2o',
  binary: 'h2o',
  debianPackage: 'h2o',
  protocols: ['h2', 'http/1.1'],
  maxConcurrentStreams: 100,
  proxiesEcho: true,
  // 2.2 hands a request on when its body is complete.
  duplex: false,
  requestsPerConnection: {},
  reportsTls: false,
  versionArgument: '-v',
  async configure(site) {
    const file = join(site.directory, 'h2o.conf')
    await writeFile(file, configuration(site))
    return { args: ['-m', 'worker', '-c', file] }
  },
}
