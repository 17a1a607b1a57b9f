/**
 * Finds the objects of a Kubernetes list in a byte stream: `{"kind":…,"metadata":{…},"items":[ … ]}`, in any order of
 * keys. Only braces, brackets, quotes and escapes are looked at; each item's bytes are handed on unparsed, so that a list
 * of any size needs the memory of one item. What surrounds the items is small and parsed at the end.
 */
export class ItemScanner {
  readonly #onItem: (bytes: Buffer) => void
  #place: 'envelope' | 'items' | 'after' = 'envelope'
  #depth = 0
  #isInString = false
  #isEscaped = false
  #envelope: Buffer[] = []
  #item: Buffer[] = []
  #count = 0

  /** The buffer given to `onItem` is valid during the call only. */
  constructor(onItem: (bytes: Buffer) => void) {
    this.#onItem = onItem
  }

  get count(): number {
    return this.#count
  }

  /** Throws SyntaxError where the bytes cannot be a list. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#place === 'items' ? this.#scanItems(chunk, at) : this.#scanEnvelope(chunk, at)
  }

  /** The list without its items. Throws SyntaxError when the bytes ended early. */
  end(): ListEnvelope {
    if (this.#depth !== 0 || this.#place === 'items') throw new SyntaxError('the list ended early')
    return JSON.parse(Buffer.concat(this.#envelope).toString('utf8')) as ListEnvelope
  }

  #scanEnvelope(chunk: Buffer, from: number): number {
    for (let at = this.#nextBracket(chunk, from); at < chunk.length; at = this.#nextBracket(chunk, at + 1)) {
      const isOpening = bytes[chunk[at]!] === opening
      this.#depth += isOpening ? 1 : -1
      if (isOpening && this.#depth === 2 && this.#place === 'envelope') {
        this.#envelope.push(Buffer.from(chunk.subarray(from, at + 1)))
        if (this.#endsWithItemsKey()) {
          this.#place = 'items'
          this.#depth = 0
        }
        return at + 1
      }
    }
    this.#envelope.push(Buffer.from(chunk.subarray(from)))
    return chunk.length
  }

  #scanItems(chunk: Buffer, from: number): number {
    let start = from
    for (let at = this.#nextBracket(chunk, from); at < chunk.length; at = this.#nextBracket(chunk, at + 1)) {
      if (bytes[chunk[at]!] === opening) {
        if (this.#depth === 0) start = at
        this.#depth += 1
      } else {
        if (this.#depth === 0) return this.#leaveItems(at)
        this.#depth -= 1
        if (this.#depth === 0) this.#finishItem(chunk.subarray(start, at + 1))
      }
    }
    if (this.#depth > 0) this.#item.push(Buffer.from(chunk.subarray(start)))
    return chunk.length
  }

  /** The index of the next brace or bracket outside strings, or the chunk's length. */
  #nextBracket(chunk: Buffer, from: number): number {
    let at = this.#isInString ? this.#endOfString(chunk, from) : from
    for (; at < chunk.length; at += 1) {
      const kind = bytes[chunk[at]!]!
      if (kind === plain) continue
      if (kind !== quote) return at
      at = this.#endOfString(chunk, at + 1) - 1
    }
    return chunk.length
  }

  /** The index after the closing quote, or the chunk's length when the string goes on in the next chunk. */
  #endOfString(chunk: Buffer, from: number): number {
    let isEscaped = this.#isEscaped
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (isEscaped) isEscaped = false
      else if (byte === 0x5c) isEscaped = true
      else if (byte === 0x22) {
        this.#isInString = false
        this.#isEscaped = false
        return at + 1
      }
    }
    this.#isInString = true
    this.#isEscaped = isEscaped
    return chunk.length
  }

  #finishItem(tail: Buffer): void {
    const bytes = this.#item.length === 0 ? tail : Buffer.concat([...this.#item, tail])
    this.#item = []
    this.#count += 1
    this.#onItem(bytes)
  }

  #leaveItems(at: number): number {
    this.#place = 'after'
    this.#depth = 2
    return at
  }

  #endsWithItemsKey(): boolean {
    const tail = Buffer.concat(this.#envelope).toString('latin1').slice(-64)
    return /"items"\s*:\s*\[$/.test(tail)
  }
}

/** The part of a list around its items. */
export interface ListEnvelope {
  readonly metadata?: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
}

const plain = 0
const opening = 1
const closing = 2
const quote = 3

/** What each byte means outside a string. */
const bytes = new Uint8Array(256)
bytes[0x7b] = opening
bytes[0x5b] = opening
bytes[0x7d] = closing
bytes[0x5d] = closing
bytes[0x22] = quote
