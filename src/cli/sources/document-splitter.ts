/**
 * Splits a byte stream of JSON documents, one behind the other or in one array, and hands on the bytes of each as they come.
 * A document of any size needs no memory here.
 */
export interface DocumentSink {
  begin(): void
  bytes(part: Buffer): void
  end(): void
}

const [quote, backslash, openBrace, closeBrace] = [0x22, 0x5c, 0x7b, 0x7d]
const betweenDocuments = new Set([...' \t\r\n,[]'].map((character) => character.charCodeAt(0)))
const byteOrderMark = new Set([0xef, 0xbb, 0xbf])

export class DocumentSplitter {
  readonly #sink: DocumentSink
  #depth = 0
  #isInString = false
  #isEscaped = false

  constructor(sink: DocumentSink) {
    this.#sink = sink
  }

  /** Throws SyntaxError where there is something between the documents that is no JSON object. */
  push(chunk: Buffer): void {
    let start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!
      if (this.#depth === 0) {
        if (!this.#begins(byte)) continue
        start = at
      }
      if (this.#isInString) this.#readString(byte)
      else if (this.#closes(byte)) this.#emit(chunk.subarray(start, at + 1), true)
    }
    if (this.#depth > 0) this.#emit(chunk.subarray(start), false)
  }

  /** Throws SyntaxError when the last document is not complete. */
  end(): void {
    if (this.#depth > 0) throw new SyntaxError('the JSON ends in the middle of an object')
  }

  #begins(byte: number): boolean {
    if (byte === openBrace) {
      this.#sink.begin()
      return true
    }
    if (!betweenDocuments.has(byte) && !byteOrderMark.has(byte)) {
      throw new SyntaxError(`not a JSON object: it has "${String.fromCharCode(byte)}" where an object should begin`)
    }
    return false
  }

  /** Whether this byte ends the document. */
  #closes(byte: number): boolean {
    if (byte === quote) this.#isInString = true
    else if (byte === openBrace) this.#depth += 1
    else if (byte === closeBrace) {
      this.#depth -= 1
      return this.#depth === 0
    }
    return false
  }

  #readString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === backslash) this.#isEscaped = true
    else if (byte === quote) this.#isInString = false
  }

  #emit(part: Buffer, isLast: boolean): void {
    this.#sink.bytes(part)
    if (isLast) this.#sink.end()
  }
}
