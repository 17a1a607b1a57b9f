/** A watch of a real API server under load: what it brings is recorded, and how fast it came is measured. */
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { BulkClient } from '../cluster/bulk-client.ts'
import type { ClusterSize } from '../cluster/fill.ts'
import { churn } from './churn.ts'
import { RateMeter, type ServerRate } from './rate-meter.ts'
import { EventCounter, openPodWatch, podsVersion } from './watch-tap.ts'

export interface RecordOptions extends ClusterSize {
  readonly events: number
  readonly to: string
}

/** Enough to keep two cores busy; with more, the server has no time left to serve the watch and ends it. */
export const requestsInFlight = 16

/** Writes the body of one WatchList to a file: all pods, the bookmark, then `events` changes. */
export async function recordStream(cluster: Cluster, { events, to, ...size }: RecordOptions): Promise<void> {
  const file = createWriteStream(to)
  const counter = new EventCounter()
  const initial = await openPodWatch(cluster, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' })
  for await (const chunk of initial) {
    file.write(chunk)
    counter.push(chunk)
    if (counter.endsWithInitialEventsEnd) break
  }
  const from = counter.resourceVersion()
  await followChanges(cluster, { ...size, from, onChunk: (chunk) => file.write(chunk), isEnough: (n) => n >= events })
  file.end()
  await finished(file)
}

/** How many events the server makes and delivers when it is changed as fast as it can be. */
export async function measureServerRate(cluster: Cluster, size: ClusterSize, seconds: number): Promise<ServerRate> {
  const from = await podsVersion(cluster)
  const endMs = performance.now() + seconds * 1000
  return followChanges(cluster, { ...size, from, onChunk: () => {}, isEnough: () => performance.now() >= endMs })
}

interface ChangeOptions extends ClusterSize {
  /** The resourceVersion after which changes count. */
  readonly from: string
  onChunk(chunk: Buffer): void
  isEnough(events: number): boolean
}

/** Changes pods and follows them. A watch that the server ends goes on where it stood. */
async function followChanges(cluster: Cluster, options: ChangeOptions): Promise<ServerRate> {
  const client = new BulkClient(cluster, requestsInFlight)
  const controller = new AbortController()
  const load = churn(client, { ...options, signal: controller.signal })
  load.catch((error) => controller.abort(error))
  const meter = new RateMeter()
  const counter = new EventCounter(options.from)
  try {
    while (!options.isEnough(counter.lines)) {
      await followOnce(cluster, { ...options, counter, meter, signal: controller.signal })
      controller.signal.throwIfAborted()
    }
  } finally {
    controller.abort()
    await load.catch(() => {})
    await client.close()
  }
  return meter.rate()
}

interface FollowOptions extends ChangeOptions {
  readonly counter: EventCounter
  readonly meter: RateMeter
  readonly signal: AbortSignal
}

/** One watch, from where the last one stood; returns when the server ends it or enough came. */
async function followOnce(cluster: Cluster, options: FollowOptions): Promise<void> {
  const { counter, meter, signal, onChunk, isEnough } = options
  const body = await openPodWatch(cluster, { resourceVersion: counter.resourceVersion() })
  meter.watchBegins()
  const onAbort = () => body.destroy(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const chunk of body) {
      onChunk(chunk)
      counter.push(chunk)
      meter.note(counter.lines)
      if (isEnough(counter.lines)) break
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
