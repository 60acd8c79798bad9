/** Servers in order, with some paths that are not, and what `fetch` makes of them. */
import { expect } from 'vitest'
import { ClientError } from '../../../src/index.ts'
import type { RawRequest, RawResponse } from '../../support/raw-request.ts'
import { failureOf } from './expectations.ts'
import { goodResponse, type Http2Scene, type Http2SceneOptions } from './http2-scene.ts'
import type { Stage } from './stage.ts'

export type Routes = Readonly<Record<string, (request: RawRequest) => RawResponse | Promise<RawResponse>>>

/** Makes servers that answer some paths as told, and the others well. */
export function serving(stage: Stage) {
  return (routes: Routes, options: Http2SceneOptions = {}): Promise<Http2Scene> =>
    stage.http2({
      isBad: () => false,
      good: (request, connection) => {
        const route = routes[request.path.split('?')[0] ?? '']
        return route === undefined ? goodResponse(request, connection) : route(request)
      },
      ...options,
    })
}

/** What `fetch` rejects with: a TypeError, and its cause as a failure. */
export async function rejection(promise: Promise<unknown>): Promise<object> {
  try {
    await promise
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    const { cause } = error as TypeError
    return cause instanceof ClientError ? failureOf({ kind: 'error', error: cause }) : { cause }
  }
  return { resolved: true }
}
