/**
 * Pods as they are found in a cluster of many teams: made by a ReplicaSet, two containers with a volume and some
 * environment, sometimes a sidecar or no limits, with the status that a kubelet writes. About 6 KB each with what the API
 * server adds (managedFields, tolerations, defaults).
 */
import { nodeName } from './nodes.ts'
import { createRandom, type Random } from './random.ts'

export const namespaceCount = 100
const podsPerWorkload = 25

export const namespaceName = (index: number): string => `team-${String(index).padStart(3, '0')}`

export interface PodPlace {
  readonly namespace: string
  readonly name: string
}

/** Pods of one workload share a namespace and are spread over the nodes. */
export function podPlace(index: number): PodPlace {
  const workload = Math.floor(index / podsPerWorkload)
  const { name, hash } = workloadOf(workload)
  return {
    namespace: namespaceName(workload % namespaceCount),
    name: `${name}-${hash}-${createRandom(index + 1_000_000).suffix(5)}`,
  }
}

const kinds = ['api', 'worker', 'frontend', 'cache', 'gateway', 'consumer', 'scheduler', 'ledger']

function workloadOf(workload: number) {
  const random = createRandom(workload + 500_000)
  return { name: `${random.pick(kinds)}-${workload}`, hash: random.suffix(10), uid: uuid(random) }
}

const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((length) => random.hex(length)).join('-')

const requestShapes = [
  { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
  { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '512Mi' } },
  { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '2', memory: '2Gi' } },
  { requests: { cpu: '100m', memory: '200M' } },
  {},
]

export function makePod(index: number, nodeCount: number) {
  const random = createRandom(index + 1)
  const place = podPlace(index)
  const workload = workloadOf(Math.floor(index / podsPerWorkload))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...place,
      generateName: `${workload.name}-${workload.hash}-`,
      labels: {
        app: workload.name,
        'app.kubernetes.io/name': workload.name,
        'pod-template-hash': workload.hash,
        team: place.namespace,
      },
      annotations: {
        'checksum/config': random.hex(64),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${workload.name}-${workload.hash}`,
          uid: workload.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: podSpec(workload.name, nodeName(index % nodeCount), random),
  }
}

function podSpec(workload: string, node: string, random: Random) {
  const hasSidecar = random.next() < 0.1
  return {
    nodeName: node,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    ...(hasSidecar && { initContainers: [sidecar()] }),
    containers: [applicationContainer(workload, random), proxyContainer()],
    volumes: [{ name: 'config', configMap: { name: `${workload}-config` } }],
  }
}

function applicationContainer(workload: string, random: Random) {
  return {
    name: 'app',
    image: `registry.example.com/${workload}:1.${Math.floor(random.next() * 40)}.0`,
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'DATABASE_HOST', value: `${workload}-db.internal.example.com` },
      { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: `${workload}-db`, key: 'password' } } },
    ],
    resources: random.pick(requestShapes),
    volumeMounts: [{ name: 'config', mountPath: '/etc/app', readOnly: true }],
  }
}

function proxyContainer() {
  return {
    name: 'proxy',
    image: 'registry.example.com/mesh/proxy:2.14.1',
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
  }
}

function sidecar() {
  return {
    name: 'log-agent',
    image: 'registry.example.com/log-agent:3.1.0',
    restartPolicy: 'Always',
    resources: { requests: { cpu: '20m', memory: '64Mi' } },
  }
}

export interface PodStatusOptions {
  readonly index: number
  /** RFC 3339. */
  readonly now: string
  /** How often the application has restarted. */
  readonly restarts?: number
  readonly ready?: boolean
}

/** What a kubelet says of the pod once it runs: a merge patch for the status subresource. */
export function runningStatus({ index, now, restarts = 0, ready = true }: PodStatusOptions) {
  const random = createRandom(index + 2_000_000)
  const podIP = `10.${64 + ((index >> 16) & 63)}.${(index >> 8) & 255}.${index & 255}`
  const isTrue = (type: string, value = true) => ({
    type,
    status: value ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: now,
  })
  return {
    status: {
      phase: 'Running',
      observedGeneration: 1,
      startTime: now,
      hostIP: `172.16.${(index >> 8) & 255}.${index & 255}`,
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [
        isTrue('Initialized'),
        isTrue('Ready', ready),
        isTrue('ContainersReady', ready),
        isTrue('PodScheduled'),
      ],
      containerStatuses: [
        containerStatus({ name: 'app', now, restarts, ready, random }),
        containerStatus({ name: 'proxy', now, restarts: 0, ready: true, random }),
      ],
    },
  }
}

interface ContainerStatusOptions {
  readonly name: string
  readonly now: string
  readonly restarts: number
  readonly ready: boolean
  readonly random: Random
}

function containerStatus({ name, now, restarts, ready, random }: ContainerStatusOptions) {
  return {
    name,
    ready,
    started: true,
    restartCount: restarts,
    image: `registry.example.com/${name}:1.0.0`,
    imageID: `registry.example.com/${name}@sha256:${random.hex(64)}`,
    containerID: `containerd://${random.hex(64)}`,
    state: { running: { startedAt: now } },
    lastState: {},
  }
}
