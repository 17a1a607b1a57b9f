/**
 * Bytes of a stream that are not yet enough. They are put together only when what was waited for is there: a large object in
 * small pieces costs what its size costs, not its square.
 */
export class ByteGatherer {
  #pieces: Buffer[] = []
  #bytes = 0
  #needed = 0

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /** Everything that waits and `chunk`, when that is as much as was asked for. */
  add(chunk: Buffer): Buffer | undefined {
    this.#pieces.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#needed) return undefined
    const whole = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    return whole
  }

  /** Keeps what could not be used, until there are `needed` bytes of it. */
  keep(rest: Buffer, needed: number): void {
    if (rest.length > 0) this.#pieces.push(rest)
    this.#bytes = rest.length
    this.#needed = needed
  }
}
