import { createNodeHttp2Engine } from '../../src/wire/node-http2/engine.ts'
import { describeConnection } from './connection.suite.ts'

describeConnection('node:http2', createNodeHttp2Engine, {
  protocol: 'h2',
  skip: {
    'a request whose fields are not valid is refused, and takes no slot':
      'nghttp2 leaves such a field out without a word; core/headers.ts refuses it before it comes here',
  },
})
