/**
 * Kubernetes quantities, exactly: `100m`, `1.5Gi`, `2e3`, `7E`. The value is a whole number of nano units, so that sums
 * and comparisons of anything a cluster can say are exact; the format is kept, so that a sum is written as upstream's
 * `resource.Quantity` would write it. Rules followed (k8s.io/apimachinery/pkg/api/resource):
 *
 * - what is smaller than a nano is rounded away from zero, up to one nano;
 * - binary suffixes are capped at 2^63-1;
 * - a text that upstream keeps as it was written (`1.250`) is kept until the quantity takes part in an addition;
 * - a sum that is still zero takes the format of what is added to it.
 *
 * One difference, on purpose: 10^21 and more in a decimal format is written with `E` (`1000E`); upstream drops the
 * suffix there and prints `1`.
 */
import { OperatorError } from '../base/errors.ts'

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  /** The value in units of 10^-9. */
  readonly nano: bigint
  readonly format: QuantityFormat
  /** The text as written, only where it is kept and differs from the canonical one. */
  readonly written?: string
}

export const nanoPerUnit = 1_000_000_000n
const nanoPerMilli = 1_000_000n
const largestInt64 = 2n ** 63n - 1n
/** Exponents beyond this are refused: no cluster has 10^100 of anything, and the digits would have to be kept. */
const largestExponent = 100

export const zeroQuantity: Quantity = { nano: 0n, format: 'DecimalSI' }

interface Suffix {
  readonly base: 2 | 10
  readonly exponent: number
  readonly format: QuantityFormat
}

const decimalLetters = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const binaryLetters = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

const suffixes = new Map<string, Suffix>([
  ...decimalLetters.map(
    (letter, i) => [letter, { base: 10, exponent: 3 * i - 9, format: 'DecimalSI' }] as [string, Suffix],
  ),
  ...binaryLetters
    .slice(1)
    .map((letter, i) => [letter, { base: 2, exponent: 10 * (i + 1), format: 'BinarySI' }] as [string, Suffix]),
])

const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*(?:[+-]?\d*))$/

/** Reads any notation the API server accepts; a number stands for its decimal text. Throws `INVALID_QUANTITY` naming the text. */
export function parseQuantity(text: string | number): Quantity {
  const source = String(text)
  const match = shape.exec(source)
  const suffix = match === null ? undefined : readSuffix(match[4] ?? '')
  if (match === null || suffix === undefined || source === '') {
    throw new OperatorError(
      'INVALID_QUANTITY',
      `"${source}" is not a quantity: write a number with an optional suffix, such as 100m, 2, 1.5Gi or 1e3`,
    )
  }
  if (Math.abs(suffix.exponent) > largestExponent) {
    throw new OperatorError(
      'INVALID_QUANTITY',
      `"${source}" has an exponent beyond ${largestExponent}: write it smaller`,
    )
  }
  const whole = (match[2] ?? '').replace(/^0+/, '') || '0'
  const fraction = match[3] ?? ''
  const magnitude = toNano(whole + fraction, fraction.length, suffix)
  return finish(source, match[1] === '-', magnitude, { whole, fraction, suffix })
}

/** A whole number of units, in the given format. */
export function quantityOfUnits(units: bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nano: units * nanoPerUnit, format }
}

function readSuffix(text: string): Suffix | undefined {
  const known = suffixes.get(text)
  if (known !== undefined) return known
  if (!/^[eE][+-]?\d+$/.test(text)) return undefined
  return { base: 10, exponent: Number(text.slice(1)), format: 'DecimalExponent' }
}

function toNano(digits: string, decimals: number, suffix: Suffix): bigint {
  const value = BigInt(digits)
  const exponent = 9 - decimals + (suffix.base === 10 ? suffix.exponent : 0)
  const scaled = suffix.base === 2 ? value << BigInt(suffix.exponent) : value
  return exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent))
}

interface Parts {
  readonly whole: string
  readonly fraction: string
  readonly suffix: Suffix
}

function finish(source: string, isNegative: boolean, magnitude: bigint, parts: Parts): Quantity {
  const isBinary = parts.suffix.format === 'BinarySI'
  const capped = isBinary && magnitude > largestInt64 * nanoPerUnit ? largestInt64 * nanoPerUnit : magnitude
  const isFractionOfOne = isBinary && capped > 0n && capped < nanoPerUnit
  const nano = isNegative ? -capped : capped
  const quantity: Quantity = { nano, format: isFractionOfOne ? 'DecimalSI' : parts.suffix.format }
  if (!isKeptAsWritten(parts) || formatQuantity(quantity) === source) return quantity
  return { ...quantity, written: source }
}

/** Upstream keeps the text where a cheap look says that it is canonical already; the look is fooled by `1.250`. */
function isKeptAsWritten({ whole, fraction, suffix }: Parts): boolean {
  const digits = whole + fraction
  if (suffix.base === 2) {
    const room = 14 - whole.length - Math.trunc((suffix.exponent * 3) / 10)
    return fraction === '' && room >= 0 && BigInt(digits) % 8n !== 0n
  }
  const scale = suffix.exponent - fraction.length
  return digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
}

/** The text upstream's `String()` gives. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.written !== undefined) return quantity.written
  if (quantity.nano === 0n) return '0'
  if (quantity.format === 'BinarySI' && isWrittenBinary(quantity.nano)) return formatBinary(quantity.nano / nanoPerUnit)
  return formatDecimal(quantity.nano, quantity.format === 'DecimalExponent')
}

/** Below 1024, or with a fraction, a binary quantity is written in decimal: nothing is lost. */
function isWrittenBinary(nano: bigint): boolean {
  const magnitude = nano < 0n ? -nano : nano
  return magnitude >= 1024n * nanoPerUnit && nano % nanoPerUnit === 0n
}

function formatBinary(units: bigint): string {
  let mantissa = units
  let power = 0
  while (power < binaryLetters.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n
    power += 1
  }
  return `${mantissa}${binaryLetters[power]}`
}

function formatDecimal(nano: bigint, withExponent: boolean): string {
  let mantissa = nano
  let exponent = -9
  while (mantissa % 1000n === 0n && (withExponent || exponent < 18)) {
    mantissa /= 1000n
    exponent += 3
  }
  if (!withExponent) return `${mantissa}${decimalLetters[exponent / 3 + 3]}`
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`
}

/** The exact sum. While `left` is zero the sum takes the format of `right`, as upstream's `Add` does. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format }
}

/** The exact difference, in the format of `left`; while that is zero, of `right`, as upstream's `Sub` does. */
export function subtractQuantities(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano - right.nano, format: left.nano === 0n ? right.format : left.format }
}

/** Negative, zero or positive, as `Array.sort` wants it. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  if (left.nano === right.nano) return 0
  return left.nano < right.nano ? -1 : 1
}

/** In whole units, rounded away from zero: upstream's `Value()`, without its overflow beyond 2^63. */
export function wholeValue(quantity: Quantity): bigint {
  return roundAway(quantity.nano, nanoPerUnit)
}

/** In thousandths, rounded away from zero: upstream's `MilliValue()`, without its overflow beyond 2^63. */
export function milliValue(quantity: Quantity): bigint {
  return roundAway(quantity.nano, nanoPerMilli)
}

function roundAway(nano: bigint, divisor: bigint): bigint {
  return nano < 0n ? -divideUp(-nano, divisor) : divideUp(nano, divisor)
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor
}
