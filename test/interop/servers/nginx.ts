import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRoot, type ServerDefinition, type Site } from './server.ts'

const keepaliveRequests = 500

const configuration = (site: Site) => `
daemon off;
worker_processes 1;
${isRoot ? 'user root root;' : ''}
pid ${site.directory}/nginx.pid;
error_log stderr info;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${site.directory}/body;
  proxy_temp_path ${site.directory}/proxy;
  fastcgi_temp_path ${site.directory}/fastcgi;
  uwsgi_temp_path ${site.directory}/uwsgi;
  scgi_temp_path ${site.directory}/scgi;
  sendfile on;
  upstream origin {
    server 127.0.0.1:${site.originPort};
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${site.port} ssl http2;
    server_name localhost;
    http2_max_concurrent_streams ${nginx.maxConcurrentStreams};
    ssl_certificate ${site.certificateFile};
    ssl_certificate_key ${site.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:interop:1m;
    ssl_session_tickets on;
    root ${site.docroot};
    keepalive_requests ${keepaliveRequests};
    add_header x-tls-version $ssl_protocol;
    add_header x-tls-resumed $ssl_session_reused;
    location = /echo {
      client_max_body_size 0;
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
    }
  }
}
`

export const nginx: ServerDefinition = {
  name: 'nginx',
  binary: 'nginx',
  debianPackage: 'nginx',
  protocols: ['h2', 'http/1.1'],
  maxConcurrentStreams: 128,
  proxiesEcho: true,
  duplex: true,
  requestsPerConnection: { h2: keepaliveRequests, 'http/1.1': keepaliveRequests },
  reportsTls: true,
  versionArgument: '-v',
  async configure(site) {
    const file = join(site.directory, 'nginx.conf')
    await writeFile(file, configuration(site))
    return { args: ['-e', 'stderr', '-p', site.directory, '-c', file] }
  },
}
