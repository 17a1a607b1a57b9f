/** Chance that comes out the same on every machine: the n-th object of the big cluster is always the same object. */
export interface Random {
  /** In [0, 1). */
  next(): number
  pick<T>(choices: readonly T[]): T
  /** Lower-case letters and digits, as in the names that controllers make. */
  suffix(length: number): string
  hex(length: number): string
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'
const hexDigits = '0123456789abcdef'

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)] as T
  const text = (letters: string, length: number) =>
    Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join('')
  return {
    next,
    pick,
    suffix: (length) => text(suffixLetters, length),
    hex: (length) => text(hexDigits, length),
  }
}
