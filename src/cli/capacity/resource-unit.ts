import { milliValue, nanoPerUnit, type Quantity, wholeValue } from '../../model/quantity.ts'

/** Writes the amounts of one resource for a table. */
export type AmountText = (quantity: Quantity) => string

const mebibyte = 1024n * 1024n
const gibibyte = 1024n * mebibyte

/**
 * One unit for all amounts of a resource in a table, so that they can be compared at a glance: the small one that kubectl
 * uses, or the large one where the small one would need too many digits. What does not fit the unit is rounded up, so that
 * something is never shown as nothing.
 */
export function chooseAmountText(resource: string, amounts: Iterable<Quantity>): AmountText {
  const largest = largestOf(amounts)
  if (resource === 'cpu') return largest < 100n * nanoPerUnit ? (amount) => `${milliValue(amount)}m` : cores
  if (!isBytes(resource)) return plainNumber
  return largest < 100n * gibibyte * nanoPerUnit ? (amount) => `${divideUp(wholeValue(amount), mebibyte)}Mi` : gibibytes
}

export function isBytes(resource: string): boolean {
  const name = resource.replace(/^(requests|limits)\./, '')
  return name === 'memory' || name === 'storage' || name === 'ephemeral-storage' || name.startsWith('hugepages-')
}

function largestOf(amounts: Iterable<Quantity>): bigint {
  let largest = 0n
  for (const amount of amounts) if (amount.nano > largest) largest = amount.nano
  return largest
}

function cores(amount: Quantity): string {
  return tenths(divideUp(milliValue(amount), 100n))
}

function gibibytes(amount: Quantity): string {
  return `${tenths(divideUp(wholeValue(amount) * 10n, gibibyte))}Gi`
}

/** From a thousand on the tenth is noise. */
function tenths(value: bigint): string {
  if (value >= 10_000n) return `${divideUp(value, 10n)}`
  return value % 10n === 0n ? `${value / 10n}` : `${value / 10n}.${value % 10n}`
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return value <= 0n ? value / divisor : (value + divisor - 1n) / divisor
}

/** The exact amount as a plain decimal number of cores, bytes or pieces. */
export function plainNumber({ nano }: Quantity): string {
  const [sign, magnitude] = nano < 0n ? ['-', -nano] : ['', nano]
  const fraction = (magnitude % nanoPerUnit).toString().padStart(9, '0').replace(/0+$/, '')
  return `${sign}${magnitude / nanoPerUnit}${fraction === '' ? '' : `.${fraction}`}`
}
