const newline = 0x0a

/**
 * Cuts a byte stream into lines, wherever the chunks happen to be cut. Bytes stay bytes: a character split between two
 * chunks is whole again in its line. An unfinished line is gathered in one buffer that doubles as it grows, so that a
 * large object in small pieces costs what its size costs, not its square.
 */
export class LineSplitter {
  readonly #maximumLineBytes: number
  #pending: Buffer = Buffer.alloc(0)
  #pendingBytes = 0

  constructor(maximumLineBytes: number) {
    this.#maximumLineBytes = maximumLineBytes
  }

  /** Bytes of the line that is still unfinished. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /**
   * Calls `onLine` for each line that `chunk` finishes, without its newline; empty lines are left out. The buffer is valid
   * during the call only. Throws RangeError when a line exceeds the maximum.
   */
  push(chunk: Buffer, onLine: (line: Buffer) => void): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#finish(chunk.subarray(start, end))
      start = end + 1
      if (line.length > 0) onLine(line)
    }
    if (start < chunk.length) this.#append(start === 0 ? chunk : chunk.subarray(start))
  }

  #finish(tail: Buffer): Buffer {
    if (this.#pendingBytes === 0) return tail
    this.#append(tail)
    const line = this.#pending.subarray(0, this.#pendingBytes)
    this.#pendingBytes = 0
    return line
  }

  #append(bytes: Buffer): void {
    const needed = this.#pendingBytes + bytes.length
    if (needed > this.#maximumLineBytes) throw new RangeError(`a line exceeds ${this.#maximumLineBytes} bytes`)
    if (needed > this.#pending.length) this.#grow(needed)
    bytes.copy(this.#pending, this.#pendingBytes)
    this.#pendingBytes = needed
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#pending.length * 2, 16 * 1024))
    this.#pending.copy(larger, 0, 0, this.#pendingBytes)
    this.#pending = larger
  }
}
