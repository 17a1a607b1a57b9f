/** Values of options, as commander reads them. */
import { InvalidArgumentError } from 'commander'

/** Of an option that can be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

export const parseLimit = limitUpTo(999_999)

export function limitUpTo(most: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`Write a number from 1 to ${most}.`)
  }
}
