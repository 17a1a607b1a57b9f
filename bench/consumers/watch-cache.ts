#!/usr/bin/env node
/**
 * Dogwatch's watch cache alone, with the projections that capacity uses: the counterpart of the informer program in
 * `bench/peers`, with the same options and the same lines of JSON.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/base/clock.ts'
import { spareMemory } from '../../src/base/heap.ts'
import { createLogger } from '../../src/base/log.ts'
import { createKubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import type { KubeObject } from '../../src/kube/resource.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import { type NodeObject, projectNode } from '../../src/watchers/capacity/node-facts.ts'
import { createPodProjection } from '../../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../src/watchers/capacity/pod-object.ts'
import { Arrivals, cpuMs } from './arrivals.ts'

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    nodes: { type: 'boolean', default: false },
    events: { type: 'string', default: '0' },
    times: { type: 'string' },
    'settle-ms': { type: 'string', default: '0' },
  },
})

spareMemory()

const core = (resource: string) => ({ type: { group: '', version: 'v1', resource } })
const ended = new AbortController()
process.once('SIGTERM', () => ended.abort())
const events = Number(values.events)
const arrivals = new Arrivals(events)

const logger = createLogger('warn', process.stderr)
const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig: values.kubeconfig }), systemClock)
const client = createKubeClient({ credentials, clock: systemClock })
const cache = new WatchCache({ client, clock: systemClock, logger })

const projectPod = createPodProjection()
let lastVersion = ''
let isSynced = false
const pods = cache.subscribe(core('pods'), {
  name: 'capacity',
  content: 'fields',
  project: (object: KubeObject) => {
    lastVersion = object.metadata.resourceVersion
    return projectPod(object as PodObject)
  },
  onChange: ({ type }) => {
    if (isSynced && events > 0) arrivals.note(type === 'deleted' ? '0' : lastVersion)
  },
  onSynced: () => {
    isSynced = true
  },
})
const nodes = values.nodes
  ? cache.subscribe(core('nodes'), {
      ...{ name: 'capacity', content: 'fields' },
      project: (object) => projectNode(object as NodeObject),
    })
  : undefined

await Promise.all([pods.whenSynced(ended.signal), nodes?.whenSynced(ended.signal)])
report('synced')
if (Number(values['settle-ms']) > 0) {
  await systemClock.sleep(Number(values['settle-ms']))
  report('settled')
}
if (events > 0) print({ phase: 'replayed', ...(await arrivals.finish(values.times, ended.signal)), ...memory() })
await cache.stop()
await client.close()

function report(phase: string): void {
  print({ phase, ms: performance.now(), cpuMs: cpuMs(), nodes: nodes?.size ?? 0, pods: pods.size, ...memory() })
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function memory(): { rssBytes: number; peakBytes: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}
