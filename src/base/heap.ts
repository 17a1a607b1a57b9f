import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * For a process that lets much more pass through than it keeps: V8 answers a stream of short-lived objects with an ever
 * larger nursery, and holds on to it. A nursery that stays as it is costs a little time for a third of the memory. V8 reads
 * this flag at each collection, so that it may be set while the process runs.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** By how much of what is kept the heap may grow between two collections. */
const garbagePercent = 50

/**
 * For a process that runs for months beside others: V8 lets garbage grow to three times of what is kept before it looks, and memory
 * once taken is not given back. Looking oftener costs a few percent of the time in which much happens, and halves the peak.
 */
export function spareMemory(): void {
  keepNurserySmall()
  setFlagsFromString(`--heap-growing-percent=${garbagePercent}`)
}

/**
 * Collects garbage at once and gives the memory back to the system: for the moment after a great deal passed through and
 * little is to come. Costs about a millisecond for each megabyte that is kept.
 */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void
  collect({ type: 'major', flavor: 'last-resort' })
}
