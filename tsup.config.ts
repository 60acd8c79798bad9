import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    register: 'src/register.ts',
    testing: 'src/testing/index.ts',
    interceptors: 'src/interceptors/index.ts',
    cache: 'src/interceptors/cache.ts',
    cookies: 'src/interceptors/cookies.ts',
    tickets: 'src/integrations/tickets/index.ts',
    mock: 'src/integrations/mock/index.ts',
    websocket: 'src/integrations/websocket/index.ts',
    sse: 'src/integrations/sse/index.ts',
    connect: 'src/integrations/connect/index.ts',
    'http2-wrapper': 'src/integrations/http2-wrapper/index.ts',
    undici: 'src/integrations/undici/index.ts',
    prometheus: 'src/telemetry/prometheus/index.ts',
    opentelemetry: 'src/telemetry/opentelemetry/index.ts',
    inspect: 'src/telemetry/inspect/index.ts',
    top: 'src/telemetry/top/index.ts',
    cli: 'src/cli/main.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node22',
  platform: 'node',
  dts: true,
  sourcemap: true,
  // Stack traces need positions only; the texts of the sources would be most of the package.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  splitting: true,
  treeshake: false,
  clean: true,
  silent: true,
  // `node:` says which names are Node's own; bundlers and readers both want to know.
  removeNodeProtocol: false,
})
