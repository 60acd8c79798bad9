import { createHttp2Engine } from '../../src/wire/http2/engine.ts'
import { describeConnection } from './connection.suite.ts'

describeConnection('the wire engine', createHttp2Engine, { protocol: 'h2' })
