/** What the bench wants of a client: the same few things of each, done as its documentation does them. */

export interface TextRequest {
  readonly headers?: Readonly<Record<string, string>>
  /** Makes it a POST. */
  readonly body?: Buffer
}

/** A client in use. Everything rejects on any failure, a status other than 200 included. */
export interface Session {
  /** One request, its whole body decoded as text: how many characters. */
  text(url: string, request: TextRequest): Promise<number>
  /** One response body in pieces, as they come. `take` is told the size of each; on false the rest is given up. */
  read(url: string, take: (bytes: number) => boolean): Promise<void>
  /** Resolves with the response head; the body stays unread. The result must be kept, or it may be collected. */
  hold(url: string): Promise<unknown>
}

export interface Setup {
  /** The authority to trust, in PEM; NODE_EXTRA_CA_CERTS names it too. */
  readonly ca: string
}

/** A client that is compared. */
export interface ClientDefinition {
  readonly id: string
  readonly name: string
  /** Ours are drawn in colour. */
  readonly ours?: boolean
  /** The package whose version counts; none for what Node brings along. */
  readonly package?: string
  /** Whether it must be asked which HTTP version it speaks with a server that offers both. */
  readonly mayChooseHttp1?: boolean
  /** Why it cannot do a scenario, by its id. */
  readonly cannot?: Readonly<Record<string, string>>
  /** Scenarios in which it stands for something, and no others. */
  readonly only?: readonly string[]
  /** Why it cannot take part at all here; null: it can. */
  missing?(): Promise<string | null>
  /** Imports it and makes it ready, in a process of its own. null: it is a program that the bench runs. */
  readonly open: ((setup: Setup) => Promise<Session>) | null
}

export function expect200(status: number): void {
  if (status !== 200) throw new Error(`status ${status}`)
}
