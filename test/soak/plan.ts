/** What the client does: every request's plan follows from the seed and its number alone. */
import { Random } from './random.ts'

/** The names of one server; `b.` is the one that asks for HTTP/1.1 now and then. */
export const HOSTS = ['localhost', 'a.test', 'b.test'] as const

/** `never` is most of them. `cancel`: reads one piece of the body and gives the rest up. `slow`: reads with pauses. */
export type GivingUp = 'never' | 'abort' | 'timeout' | 'cancel' | 'slow'

export interface RequestPlan {
  readonly id: number
  readonly host: (typeof HOSTS)[number]
  readonly method: 'GET' | 'POST'
  readonly via: 'fetch' | 'request'
  /** Bytes; 0 for GET. */
  readonly upload: number
  /** A stream can be sent once; bytes and a function that makes the stream can be sent again. */
  readonly body: 'bytes' | 'stream' | 'factory'
  /** Bytes of the response. */
  readonly length: number
  readonly givingUp: GivingUp
  /** ms until it is given up. */
  readonly patience: number
}

export function requestPlan(seed: number, id: number): RequestPlan {
  const random = new Random(seed, 100, id)
  const method = random.chance(0.3) ? 'POST' : 'GET'
  return {
    id,
    host: random.share({ 'a.test': 0.2, 'b.test': 0.1 }, 'localhost'),
    method,
    via: random.chance(0.5) ? 'fetch' : 'request',
    upload: method === 'GET' ? 0 : size(random, 64 * 1024),
    body: random.share({ stream: 0.1, factory: 0.1 }, 'bytes'),
    length: size(random, 200 * 1024),
    givingUp: random.share({ abort: 0.02, timeout: 0.005, cancel: 0.01, slow: 0.005 }, 'never'),
    patience: random.whole(0, 30),
  }
}

/** Most are small, a few are large, some are nothing. */
function size(random: Random, most: number): number {
  const kind = random.next()
  if (kind < 0.02) return 0
  if (kind < 0.8) return random.whole(1, 1024)
  return kind < 0.98 ? random.whole(1024, 8 * 1024) : random.whole(8 * 1024, most)
}
