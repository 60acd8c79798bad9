import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    register: 'src/register.ts',
    testing: 'src/testing/index.ts',
    interceptors: 'src/interceptors/index.ts',
    cache: 'src/interceptors/cache.ts',
    cookies: 'src/interceptors/cookies.ts',
    inspect: 'src/telemetry/inspect/index.ts',
    top: 'src/telemetry/top/index.ts',
    cli: 'src/cli/main.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node22',
  platform: 'node',
  dts: true,
  sourcemap: true,
  splitting: true,
  treeshake: false,
  clean: true,
  silent: true,
  // `node:` says which names are Node's own; bundlers and readers both want to know.
  removeNodeProtocol: false,
})
