import { changedResponse } from '../core/changed-response.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError, copyOf } from '../core/errors.ts'
import { shareBody } from './shared-body.ts'

/** Options of `dedupe`. */
export interface DedupeOptions {
  /** Methods whose requests may share one. Default `['GET', 'HEAD']`. */
  readonly methods?: readonly string[]
  /** Requests with the same key are the same; null: this one is alone. Default: method, URL and all headers. */
  readonly key?: (request: ClientRequest) => string | null
}

interface Member {
  readonly signal: AbortSignal | null
  readonly onAbort: () => void
  resolve(response: ClientResponse): void
  reject(error: unknown): void
}

/** Those who wait for one request. */
interface Group {
  readonly members: Set<Member>
  readonly controller: AbortController
}

/**
 * Sends requests that are alike, and under way at the same time, once; each caller gets the whole response. Who comes
 * after the response head is there has a request of their own: nothing is kept. A caller who aborts leaves; when all
 * have, the request is aborted.
 */
export function dedupe(options: DedupeOptions = {}): Interceptor {
  const { methods = ['GET', 'HEAD'], key = keyOf } = options
  return (next) => {
    const groups = new Map<string, Group>()
    return (request) => {
      const plain = request.body === null && request.trailers === null && request.onInformational === null
      const name = plain && methods.includes(request.method) ? key(request) : null
      if (name === null || request.signal?.aborted === true) return next(request)
      const group = groups.get(name)
      return group === undefined ? begin(next, request, name, groups) : join(group, request, name, groups)
    }
  }
}

function keyOf({ method, target, headers, decompress, redirect }: ClientRequest): string {
  return JSON.stringify([method, target.href, decompress, redirect, headers])
}

function begin(
  next: Dispatch,
  request: ClientRequest,
  name: string,
  groups: Map<string, Group>,
): Promise<ClientResponse> {
  const group: Group = { members: new Set(), controller: new AbortController() }
  groups.set(name, group)
  const joined = join(group, request, name, groups)
  next({ ...request, signal: group.controller.signal }).then(
    (response) => {
      close(group, name, groups)
      answer(group, response)
    },
    (error) => {
      close(group, name, groups)
      for (const member of group.members) {
        leave(member)
        member.reject(error instanceof ClientError ? copyOf(error) : error)
      }
    },
  )
  return joined
}

function join(
  group: Group,
  { signal }: ClientRequest,
  name: string,
  groups: Map<string, Group>,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      leave(member)
      group.members.delete(member)
      reject(signal?.reason)
      if (group.members.size > 0) return
      close(group, name, groups)
      group.controller.abort(signal?.reason)
    }
    const member: Member = { signal, onAbort, resolve, reject }
    signal?.addEventListener('abort', onAbort)
    group.members.add(member)
  })
}

/** Nobody joins any more. */
function close(group: Group, name: string, groups: Map<string, Group>): void {
  if (groups.get(name) === group) groups.delete(name)
}

function leave({ signal, onAbort }: Member): void {
  signal?.removeEventListener('abort', onAbort)
}

function answer({ members, controller }: Group, response: ClientResponse): void {
  const all = [...members]
  if (all.length === 0) return response.body.cancel()
  const bodies = all.length === 1 ? [response.body] : shareBody(response.body, all.length)
  all.forEach((member, index) => {
    leave(member)
    const body = bodies[index] as ClientResponse['body']
    const { signal } = member
    if (signal !== null) {
      // Alone it is the request that ends; otherwise this reader's part of it.
      const onAbort = () => (all.length === 1 ? controller.abort(signal.reason) : body.cancel(signal.reason))
      signal.addEventListener('abort', onAbort)
      body.whenSettled(() => signal.removeEventListener('abort', onAbort))
    }
    member.resolve(all.length === 1 ? response : changedResponse(response, { body }))
  })
}
