import type { ServerDefinition } from './server.ts'

/** The nghttp2 project's own server: HTTP/2 only, and it echoes uploads itself. */
export const nghttpd: ServerDefinition = {
  name: 'nghttpd',
  binary: 'nghttpd',
  debianPackage: 'nghttp2-server',
  protocols: ['h2'],
  maxConcurrentStreams: 20,
  proxiesEcho: false,
  duplex: false,
  requestsPerConnection: {},
  reportsTls: false,
  versionArgument: '--version',
  async configure(site) {
    const options = ['-a', '127.0.0.1', '-d', site.docroot, '-m', String(nghttpd.maxConcurrentStreams)]
    return { args: [...options, '--echo-upload', String(site.port), site.keyFile, site.certificateFile] }
  },
}
