import { expect, test } from 'vitest'
import { checkRoutes, routesOf } from '../../../src/telemetry/route-templates.ts'

const nobody = (error: unknown) => {
  throw error
}

test.each([
  ['/users/:id', 'https://api.example.com/users/17?full=1', '/users/:id'],
  ['/users/:id', 'https://api.example.com/users/17/orders', null],
  ['/users/:id', 'https://api.example.com/users/', null],
  ['/users/:id/orders/:order', 'http://localhost:81/users/17/orders/x%2Fy#part', '/users/:id/orders/:order'],
  ['/files/*', 'https://api.example.com/files/a/b/c', '/files/*'],
  ['/files/*', 'https://api.example.com/filesystem', null],
  ['/*', 'https://api.example.com', '/*'],
  ['/v1.0/x', 'https://api.example.com/v1a0/x', null],
  ['https://api.example.com/users/:id', 'https://api.example.com/users/17', '/users/:id'],
  ['https://api.example.com/users/:id', 'https://other.example.com/users/17', null],
  ['https://api.example.com/users/:id', 'https://api.example.com:8443/users/17', null],
])('%s of %s: %s', (pattern, url, expected) => {
  expect(routesOf([pattern], nobody)({ method: 'GET', url })).toBe(expected)
})

test('the first pattern that matches counts', () => {
  const routeOf = routesOf(['/users/me', '/users/:id'], nobody)
  expect(['me', '17'].map((id) => routeOf({ method: 'GET', url: `https://a.example/users/${id}` }))).toEqual([
    '/users/me',
    '/users/:id',
  ])
})

test('a function gives whatever text it likes; what it throws makes no template', () => {
  const errors: unknown[] = []
  const made = new Error('none of yours')
  const routeOf = routesOf(
    ({ method, url }) => {
      if (url.endsWith('bad')) throw made
      return url.endsWith('none') ? undefined : `${method} any`
    },
    (error) => errors.push(error),
  )
  const routes = ['/x', '/none', '/bad'].map((path) =>
    routeOf({ method: 'PUT', url: `https://a.example${path}` }),
  )
  expect(routes).toEqual(['PUT any', null, null])
  expect(errors).toEqual([made])
})

test.each([
  ['users/:id', /"users\/:id"/],
  ['', /""/],
  ['ftp://a.example/x', /ftp/],
  [17, /17/],
])('%j is no pattern', (pattern, why) => {
  expect(checkRoutes(['/good', pattern])).toMatch(why)
  expect(checkRoutes(pattern)).toMatch(/function or a list/)
})
