/** Values of options, as commander reads them. */
import { InvalidArgumentError } from 'commander'

/** Of an option that can be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number from 1 to 999999.')
}
