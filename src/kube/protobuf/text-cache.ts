const slotCount = 1 << 12
const maximumBytes = 64

/**
 * Texts that come again and again (names of resources and labels, quantities, phases) are made once: finding one costs less
 * than making it, and fifty thousand objects share it. A slot holds the last text that fell on it; nothing grows.
 */
export class TextCache {
  readonly #slots: (string | undefined)[] = new Array(slotCount).fill(undefined)

  text(bytes: Buffer, from: number, to: number): string {
    const length = to - from
    if (length > maximumBytes) return bytes.toString('utf8', from, to)
    let hash = length
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
    const slot = (hash ^ (hash >>> 13)) & (slotCount - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isSame(known, bytes, from, to)) return known
    const text = bytes.toString('utf8', from, to)
    if (text.length === length) this.#slots[slot] = text
    return text
  }
}

/** Only ASCII is kept: a character for each byte. */
function isSame(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = from; at < to; at += 1) if (text.charCodeAt(at - from) !== bytes[at]) return false
  return true
}
