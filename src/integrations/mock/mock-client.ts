import { createClient } from '../../client.ts'
import type { Client } from '../../client-interface.ts'
import type { ClientOptions } from '../../client-options.ts'
import { createMock, type Mock, type MockOptions } from './mock.ts'

/**
 * A client whose network is a mock. It stands behind redirects, retries and content codings, so that these are what they
 * are with a server.
 */
export function mockClient(
  options: ClientOptions = {},
  mockOptions: MockOptions = {},
): { readonly client: Client; readonly mock: Mock } {
  const mock = createMock(mockOptions)
  const networkInterceptors = [...(options.networkInterceptors ?? []), mock]
  return { client: createClient({ ...options, networkInterceptors }), mock }
}
