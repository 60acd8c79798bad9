import { createParser, type EventSourceParser } from 'eventsource-parser'

/** An event of the server. */
export interface ServerEvent {
  /** `event:`; `message` without one. */
  readonly type: string
  readonly data: string
  /** The last `id:` that came, with this event or before it; empty for none. */
  readonly id: string
}

export interface EventReaderOptions {
  /** That of the connection before. */
  readonly lastEventId: string
  /** Characters of one event. */
  readonly maxEventSize: number
  onEvent(event: ServerEvent): void
  /** ms. */
  onRetry(delay: number): void
}

const LINE_END = /\r\n?|\n/g
const ID = /^id(?:: ?(.*))?$/s

/**
 * Reads the text of one connection. The ids are looked after here: they count with each blank line (WHATWG HTML, section
 * 9.2.6), also where no data stands before it and so no event comes of it, and of that the parser says nothing.
 */
export class EventReader {
  readonly #parser: EventSourceParser
  #lastEventId: string
  /** Of the block that is not complete yet. */
  #id: string
  /** The line that is not complete yet, as much of it as may bear on an id. */
  #line = ''
  #endedByCr = false
  #tooLarge = false

  constructor({ lastEventId, maxEventSize, onEvent, onRetry }: EventReaderOptions) {
    this.#lastEventId = lastEventId
    this.#id = lastEventId
    this.#parser = createParser({
      maxBufferSize: maxEventSize,
      onEvent: ({ event, data }) => onEvent({ type: event || 'message', data, id: this.#id }),
      onRetry,
      onError: ({ type }) => {
        this.#tooLarge ||= type === 'max-buffer-size-exceeded'
      },
    })
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  /** Nothing is read any more. */
  get tooLarge(): boolean {
    return this.#tooLarge
  }

  feed(text: string): void {
    if (text === '') return
    // The second half of a line end.
    let from = this.#endedByCr && text.startsWith('\n') ? 1 : 0
    for (const { index, 0: end } of text.matchAll(LINE_END)) {
      if (index < from) continue
      this.#take(text.slice(from, index), true)
      if (this.#tooLarge) return
      from = index + end.length
    }
    this.#endedByCr = text.endsWith('\r')
    if (from < text.length) this.#take(text.slice(from), false)
  }

  #take(piece: string, isEnded: boolean): void {
    this.#line = mayBeId(this.#line) ? this.#line + piece : this.#line
    if (isEnded) this.#readId()
    this.#parser.feed(isEnded ? `${piece}\n` : piece)
    if (!isEnded) return
    if (this.#line === '') this.#lastEventId = this.#id
    this.#line = ''
  }

  #readId(): void {
    const found = ID.exec(this.#line)
    if (found === null) return
    const [, id = ''] = found
    if (!id.includes('\0')) this.#id = id
  }
}

/** What has begun as another field is not kept: it may be long. */
function mayBeId(line: string): boolean {
  return line.length < 2 || line.startsWith('id')
}
