/**
 * Pods of every kind for holding sums against kubectl: init containers in every order, sidecars, overhead, pod-level resources,
 * resizes under way and infeasible, no limits, ended, being deleted, static, extended resources, quantities in every
 * notation. The same pods in every run.
 */
import { compareQuantities, parseQuantity } from '../../src/model/quantity.ts'

type Texts = Record<string, string>

export interface TruthPod {
  readonly object: {
    readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown }
    readonly spec: { readonly nodeName?: string; readonly [field: string]: unknown }
  }
  readonly status: object
  readonly isDeleted: boolean
}

let state = 136
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}

const chance = (percent: number) => random(100) < percent
const pick = <T>(list: readonly T[]): T => list[random(list.length)]!

const amounts: Readonly<Record<string, readonly string[]>> = {
  cpu: ['100m', '0.1', '250m', '0.5', '1', '1.250', '2', '1e0', '3E0', '500000u', '100000000n', '15e-1', '0', '1001m'],
  memory: ['64Mi', '128Mi', '1Gi', '1.5Gi', '500M', '1G', '1e9', '128974848', '100k', '0.5Gi', '1025Ki', '12e6', '0'],
  'ephemeral-storage': ['1Gi', '2G', '1e9', '500Mi', '0.25Gi', '1500000k'],
}

export const runtimeClasses: readonly { readonly name: string; readonly podFixed: Texts }[] = [
  { name: 'vm', podFixed: { cpu: '250m', memory: '120Mi' } },
  { name: 'jail', podFixed: { memory: '1e8' } },
  { name: 'half', podFixed: { cpu: '0.1', memory: '0.5Gi' } },
]

/** What the API server lets in: no request above its limit; huge pages and extended resources the same on both sides. */
function resources(): { requests: Texts; limits: Texts } {
  const [requests, limits]: [Texts, Texts] = [{}, {}]
  for (const [name, texts] of Object.entries(amounts)) {
    const pair = [pick(texts), pick(texts)].sort((a, b) => compareQuantities(parseQuantity(a), parseQuantity(b)))
    if (chance(70)) requests[name] = pair[0]!
    if (chance(50)) limits[name] = pair[1]!
  }
  const same: Texts = {
    ...(chance(10) && 'memory' in requests ? { 'hugepages-2Mi': pick(['2Mi', '4Mi', '64Mi']) } : {}),
    ...(chance(20) ? { 'example.com/gpu': pick(['1', '2', '4']) } : {}),
  }
  return { requests: { ...requests, ...same }, limits: { ...limits, ...same } }
}

interface Container {
  readonly name: string
  readonly image: string
  readonly restartPolicy?: 'Always'
  readonly resources: object
}

function container(name: string, isSidecar = false): Container {
  const declared = chance(85) ? resources() : {}
  return { name, image: 'none', ...(isSidecar ? { restartPolicy: 'Always' } : {}), resources: declared }
}

function containerStatus({ name }: Container): object {
  const { requests, limits } = resources()
  return {
    name,
    image: 'none',
    imageID: '',
    ready: true,
    restartCount: 0,
    state: { running: {} },
    ...(chance(80) ? { resources: { requests, limits } } : {}),
    ...(chance(60) ? { allocatedResources: requests } : {}),
  }
}

/** Larger than any sum of containers. kubectl adds an overhead twice to what it keeps as a big number, so 0.5Ti goes without. */
function podLevelResources(hasOverhead: boolean): object {
  const memory = hasOverhead ? ['40Gi', '4e10'] : ['40Gi', '4e10', '0.5Ti']
  const [cpu, bytes] = [pick(['20', '20000m', '2e1']), pick(memory)]
  return pick([
    { requests: { cpu, memory: bytes } },
    { requests: { cpu }, limits: { cpu: '40' } },
    { limits: { memory: bytes, cpu } },
    { requests: { memory: '64Gi' }, limits: { memory: '64Gi' } },
  ])
}

function resizeConditions(): object[] {
  const reason = pick(['Infeasible', 'Deferred'])
  return chance(40) ? [{ type: 'PodResizePending', status: 'True', reason, message: 'as generated' }] : []
}

/** Pods on nodes of these names, some on none. */
export function* truthPods(count: number, namespaces: readonly string[], nodes: readonly string[]): Iterable<TruthPod> {
  for (let i = 0; i < count; i += 1) {
    const containers = Array.from({ length: 1 + random(3) }, (_, c) => container(`app-${c}`))
    const initContainers = Array.from({ length: random(5) }, (_, c) => container(`init-${c}`, chance(50)))
    const runtimeClass = chance(25) ? pick(runtimeClasses) : undefined
    const isStatic = i % 25 === 7
    const hasResize = chance(45)
    const nodeName = isStatic || i % 20 !== 3 ? pick(nodes) : undefined
    const hasEnded = i % 15 === 4
    const statuses = { containerStatuses: containers, initContainerStatuses: initContainers }
    yield {
      object: {
        metadata: {
          name: `pod-${String(i).padStart(3, '0')}`,
          namespace: pick(namespaces),
          ...(isStatic
            ? { annotations: { 'kubernetes.io/config.mirror': `${i}`, 'kubernetes.io/config.source': 'file' } }
            : {}),
        },
        spec: {
          ...(nodeName === undefined ? {} : { nodeName }),
          containers,
          initContainers,
          ...(runtimeClass === undefined
            ? {}
            : { runtimeClassName: runtimeClass.name, overhead: runtimeClass.podFixed }),
          ...(chance(20) ? { resources: podLevelResources(runtimeClass !== undefined) } : {}),
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 3_600,
        },
      },
      status: {
        phase: hasEnded ? pick(['Succeeded', 'Failed']) : pick(['Pending', 'Running', 'Running']),
        conditions: hasResize ? resizeConditions() : [],
        ...(hasResize
          ? Object.fromEntries(Object.entries(statuses).map(([name, list]) => [name, list.map(containerStatus)]))
          : {}),
      },
      // Without a node, or when it has ended, a pod would be gone at once.
      isDeleted: i % 16 === 5 && nodeName !== undefined && !hasEnded,
    }
  }
}
