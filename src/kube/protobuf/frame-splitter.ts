import { ByteGatherer } from './byte-gatherer.ts'

const lengthBytes = 4

/** Cuts a watch stream in protobuf into its frames: four bytes of length, the largest first, then as many bytes. */
export class FrameSplitter {
  readonly #maximumFrameBytes: number
  readonly #gatherer = new ByteGatherer()

  constructor(maximumFrameBytes: number) {
    this.#maximumFrameBytes = maximumFrameBytes
  }

  /**
   * Calls `onFrame` for each frame that `chunk` finishes. The buffer is valid during the call only. Throws RangeError when a
   * frame exceeds the maximum.
   */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    const bytes = this.#gatherer.add(chunk)
    if (bytes === undefined) return
    let at = 0
    let end = this.#endOfFrame(bytes, at)
    while (end <= bytes.length) {
      onFrame(bytes.subarray(at + lengthBytes, end))
      at = end
      end = this.#endOfFrame(bytes, at)
    }
    this.#gatherer.keep(bytes.subarray(at), end - at)
  }

  #endOfFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < lengthBytes) return at + lengthBytes
    const length = bytes.readUInt32BE(at)
    if (length > this.#maximumFrameBytes) throw new RangeError(`a frame exceeds ${this.#maximumFrameBytes} bytes`)
    return at + lengthBytes + length
  }
}
