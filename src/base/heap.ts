import { setFlagsFromString } from 'node:v8'

/**
 * For a process that lets much more pass through than it keeps: V8 answers a stream of short-lived objects with an ever
 * larger nursery, and holds on to it. A nursery that stays as it is costs a little time for a third of the memory. V8 reads
 * this flag at each collection, so that it may be set while the process runs.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
