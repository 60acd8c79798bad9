import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRoot, type ServerDefinition, type Site } from './server.ts'

const modulesDirectory = '/usr/lib/apache2/modules'
const modules = ['mpm_event', 'authz_core', 'socache_shmcb', 'ssl', 'http2', 'headers', 'proxy', 'proxy_http']

const keepAliveRequests = 100

const configuration = (site: Site) => `
ServerRoot ${site.directory}
DefaultRuntimeDir ${site.directory}
PidFile ${site.directory}/apache.pid
ServerName localhost
Listen 127.0.0.1:${site.port}
${modules.map((name) => `LoadModule ${name}_module ${modulesDirectory}/mod_${name}.so`).join('\n')}
${isRoot ? 'User www-data\nGroup www-data' : ''}
Mutex file:${site.directory} default
ErrorLog ${site.directory}/error.log
LogLevel warn ssl:error
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
MaxKeepAliveRequests ${keepAliveRequests}
Protocols h2 http/1.1
H2MaxSessionStreams ${apache.maxConcurrentStreams}
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile ${site.certificateFile}
SSLCertificateKeyFile ${site.keyFile}
SSLSessionCache shmcb:${site.directory}/sessions(512000)
SSLSessionTickets on
DocumentRoot ${site.docroot}
<Directory ${site.docroot}>
  Require all granted
</Directory>
Header set x-tls-version %{SSL_PROTOCOL}s
Header set x-tls-resumed %{SSL_SESSION_RESUMED}s
ProxyPass /echo http://127.0.0.1:${site.originPort}/echo
`

export const apache: ServerDefinition = {
  name: 'apache',
  binary: 'apache2',
  debianPackage: 'apache2',
  protocols: ['h2', 'http/1.1'],
  maxConcurrentStreams: 100,
  proxiesEcho: true,
  // mod_proxy reads the answer when it has passed the whole request on.
  duplex: false,
  // Its HTTP/2 knows no such limit.
  requestsPerConnection: { 'http/1.1': keepAliveRequests },
  reportsTls: true,
  versionArgument: '-v',
  async configure(site) {
    const file = join(site.directory, 'apache.conf')
    await writeFile(file, configuration(site))
    return {
      args: ['-d', site.directory, '-f', file, '-DFOREGROUND'],
      logs: [join(site.directory, 'error.log')],
    }
  },
}
