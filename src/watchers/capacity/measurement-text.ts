/** Numbers for people: short, and never on the wrong side of a threshold. */
import { nanoPerUnit, parseQuantity, type Quantity } from '../../model/quantity.ts'
import { type KnownMeasurement, type Measurement, percentOf } from './measurement.ts'
import type { Thresholds } from './watched-policy.ts'

export function percentText(percent: bigint | number | string): string {
  return `${percent}%`
}

/**
 * `93.1%`, cut as `kubectl describe node` cuts its percents, so that the two never differ; with as many decimals as it
 * takes to stay on its side of the thresholds, where 80.0% would look like 80%.
 */
export function measurementPercent(measurement: Measurement, { abovePercent, clearPercent }: Thresholds): string {
  if (!measurement.isKnown) return 'Unknown'
  if (measurement.ofNano === 0n) return measurement.usedNano > 0n ? 'more than there is' : percentText(0)
  const prefix = measurement.isAtLeast ? 'at least ' : ''
  return `${prefix}${percentText(roundedApart(measurement, [abovePercent, clearPercent]))}`
}

function roundedApart(measurement: KnownMeasurement, limits: readonly bigint[]): string {
  for (const decimals of [1, 2, 3, 4]) {
    const text = cutPercent(measurement, decimals)
    const isOnItsSide = limits.every((limit) => Math.sign(Number(text) - Number(limit)) === sideOf(measurement, limit))
    if (isOnItsSide) return text.replace(/\.0+$/, '')
  }
  const percent = percentOf(measurement) ?? 0
  const [nearest = 0n] = limits.toSorted((a, b) => Math.abs(Number(a) - percent) - Math.abs(Number(b) - percent))
  return `${sideOf(measurement, nearest) > 0 ? '>' : '<'}${nearest}`
}

function cutPercent({ usedNano, ofNano }: KnownMeasurement, decimals: number): string {
  const scale = 10n ** BigInt(decimals)
  const scaled = (usedNano * 100n * scale) / ofNano
  return `${scaled / scale}.${String(scaled % scale).padStart(decimals, '0')}`
}

/** Exact: 1 above the percent, 0 on it, -1 below. */
function sideOf({ usedNano, ofNano }: KnownMeasurement, percent: bigint): number {
  const difference = usedNano * 100n - percent * ofNano
  if (difference === 0n) return 0
  return difference > 0n ? 1 : -1
}

/** `3.72 of 4 cpu`, `7.4Gi of 8Gi memory`. */
export function amountsText({ usedNano, ofNano }: KnownMeasurement, resource: string): string {
  return `${amountText(usedNano, resource)} of ${amountText(ofNano, resource)} ${resource}`
}

const binaryUnits = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const

/** Three digits that matter, bytes in binary units. */
export function amountText(nano: bigint, resource: string): string {
  const value = Number(nano) / Number(nanoPerUnit)
  if (!isBytes(resource)) return digits(value)
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(Math.abs(value), 1)) / 10), 0), binaryUnits.length - 1)
  return `${digits(value / 1024 ** power)}${binaryUnits[power]}`
}

/** Whether the short text hides nothing. */
export function isAmountTextExact(nano: bigint, resource: string): boolean {
  return parseQuantity(amountText(nano, resource)).nano === nano
}

/** The whole truth: bytes in binary units where that loses nothing. */
export function exactAmount(nano: bigint, resource: string): Quantity {
  return { nano, format: isBytes(resource) ? 'BinarySI' : 'DecimalSI' }
}

function isBytes(resource: string): boolean {
  const name = resource.replace(/^(requests|limits)\./, '')
  return name === 'memory' || name === 'storage' || name === 'ephemeral-storage' || name.startsWith('hugepages-')
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3)))
}
