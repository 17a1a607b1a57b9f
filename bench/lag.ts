/** How late each event of a replay was: from when it was due to when a program was told of it. Pure. */

export interface Schedule {
  /** When the first event was due, nanoseconds since the epoch. */
  readonly startNs: number
  readonly intervalNs: number
  /** Event i has the resourceVersion firstVersion + 1 + i. */
  readonly firstVersion: number
}

export interface Lags {
  /** By event, in the order of arrival. */
  readonly ms: readonly number[]
  /** Events that the program was never told of, though a later one arrived. */
  readonly skipped: number
}

const bytesPerArrival = 16

/**
 * `arrivals` holds pairs of little-endian 64-bit integers: resourceVersion and time. A resourceVersion of 0 means that the
 * program did not say (a deletion): it is the event after the one before.
 */
export function lagsOf(arrivals: Buffer, schedule: Schedule): Lags {
  const ms: number[] = []
  let skipped = 0
  let previous = -1
  for (let offset = 0; offset < arrivals.length; offset += bytesPerArrival) {
    const version = Number(arrivals.readBigInt64LE(offset))
    const event = version === 0 ? previous + 1 : version - schedule.firstVersion - 1
    if (event < previous) throw new Error(`event ${event} arrived after event ${previous}`)
    skipped += event - previous - 1
    previous = event
    const atNs = arrivals.readBigInt64LE(offset + 8) - BigInt(schedule.startNs)
    ms.push((Number(atNs) - event * schedule.intervalNs) / 1e6)
  }
  return { ms, skipped }
}
