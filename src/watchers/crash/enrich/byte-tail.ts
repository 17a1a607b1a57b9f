const firstBytes = 4 * 1024

/** The last bytes of all that is pushed, at most `capacity` of them; takes no more memory than they need. */
export class ByteTail {
  readonly #capacity: number
  #ring = Buffer.alloc(0)
  /** Where the next byte goes. */
  #end = 0
  #total = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Of all that was pushed. */
  get totalBytes(): number {
    return this.#total
  }

  get isCut(): boolean {
    return this.#total > this.#capacity
  }

  push(chunk: Buffer): void {
    this.#makeRoom(Math.min(this.#total + chunk.length, this.#capacity))
    this.#total += chunk.length
    let rest = chunk.length > this.#capacity ? chunk.subarray(chunk.length - this.#capacity) : chunk
    while (rest.length > 0) {
      const copied = rest.copy(this.#ring, this.#end)
      this.#end = (this.#end + copied) % this.#capacity
      rest = rest.subarray(copied)
    }
  }

  /** Oldest first. */
  bytes(): Buffer {
    if (!this.isCut) return this.#ring.subarray(0, this.#total)
    return Buffer.concat([this.#ring.subarray(this.#end), this.#ring.subarray(0, this.#end)])
  }

  /** Only until the ring is full do bytes have to move, and then they lie from its beginning on. */
  #makeRoom(bytes: number): void {
    if (bytes <= this.#ring.length) return
    const length = Math.min(this.#capacity, Math.max(bytes, this.#ring.length * 2, firstBytes))
    const wider = Buffer.allocUnsafeSlow(length)
    this.#ring.copy(wider, 0, 0, this.#end)
    this.#ring = wider
  }
}
