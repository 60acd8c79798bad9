/** Twenty fields each way, such as a browser and a web application exchange. */

export const requestHeaders: Readonly<Record<string, string>> = {
  accept: 'application/json, text/plain;q=0.9, */*;q=0.8',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.7',
  'accept-encoding': 'identity',
  authorization:
    'Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0MiIsImV4cCI6MTg5MzQ1NjAwMH0.c2lnbmF0dXJlLW9mLXRva2Vu',
  'cache-control': 'no-cache',
  cookie: 'session=7f3a9c0d2e; theme=dark; consent=1',
  dnt: '1',
  'if-none-match': '"5f2d-61a8b3c9d4e50"',
  origin: 'https://app.example.com',
  priority: 'u=1, i',
  referer: 'https://app.example.com/orders',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'user-agent': 'example-service/4.2 (production)',
  'x-api-version': '2026-11-01',
  'x-client-id': 'orders-service',
  'x-correlation-id': '0af7651916cd43dd8448eb211c80319c',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-requested-with': 'fetch',
  'x-tenant': 'example',
}

/** With content-length, which the server adds, and without what Node's server would refuse. */
export const responseHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': 'https://app.example.com',
  'access-control-expose-headers': 'etag, x-request-id',
  age: '0',
  'cache-control': 'private, max-age=0, must-revalidate',
  'content-language': 'en',
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'content-type': 'application/json; charset=utf-8',
  date: 'Sat, 21 Nov 2026 12:00:00 GMT',
  etag: '"5f2d-61a8b3c9d4e50"',
  'last-modified': 'Sat, 21 Nov 2026 11:00:00 GMT',
  'referrer-policy': 'strict-origin-when-cross-origin',
  server: 'example',
  'set-cookie': 'session=7f3a9c0d2e; Path=/; Secure; HttpOnly; SameSite=Lax',
  'strict-transport-security': 'max-age=63072000; includeSubDomains; preload',
  vary: 'accept-encoding, origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-ratelimit-remaining': '4987',
  'x-request-id': '0af7651916cd43dd8448eb211c80319c',
}
