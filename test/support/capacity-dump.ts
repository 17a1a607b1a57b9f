/** A small cluster as `kubectl get nodes,pods,... -A -o json` writes it, with one of everything that counts differently. */

type Json = Record<string, unknown>

export interface NodeOptions {
  readonly labels?: Record<string, string>
  readonly taints?: readonly { key: string; value?: string; effect: string }[]
  readonly allocatable?: Record<string, string>
  readonly isReady?: boolean
  readonly isCordoned?: boolean
}

export function node(name: string, options: NodeOptions = {}): Json {
  const { labels = {}, taints = [], isReady = true, isCordoned = false } = options
  const allocatable = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '50Gi', pods: '110', ...options.allocatable }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, labels },
    spec: { ...(taints.length > 0 ? { taints } : {}), ...(isCordoned ? { unschedulable: true } : {}) },
    status: { allocatable, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown' }] },
  }
}

/** `cpu/memory` of requests and limits, either part may be empty: `['100m/64Mi', '/128Mi']`. */
export type Amounts = readonly [requests: string, limits?: string]

export interface ContainerOptions {
  readonly extra?: Record<string, string>
  readonly restartPolicy?: 'Always'
}

export function container(name: string, [requests, limits = '']: Amounts, options: ContainerOptions = {}): Json {
  const { extra = {}, restartPolicy } = options
  return {
    name,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    resources: { requests: { ...amounts(requests), ...extra }, limits: { ...amounts(limits), ...extra } },
  }
}

export function amounts(text: string): Record<string, string> {
  const [cpu = '', memory = ''] = text.split('/')
  return { ...(cpu === '' ? {} : { cpu }), ...(memory === '' ? {} : { memory }) }
}

export interface PodOptions {
  readonly labels?: Record<string, string>
  readonly node?: string
  readonly phase?: string
  readonly init?: readonly Json[]
  readonly spec?: Json
  readonly status?: Json
  readonly metadata?: Json
}

export function pod(namespace: string, name: string, containers: readonly Json[], options: PodOptions = {}): Json {
  const { labels = {}, node: nodeName, phase = nodeName === undefined ? 'Pending' : 'Running', init = [] } = options
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid: `pod-${namespace}-${name}`, labels, ...options.metadata },
    spec: { ...(nodeName === undefined ? {} : { nodeName }), containers, initContainers: init, ...options.spec },
    status: { phase, ...options.status },
  }
}

const sampledAt = '2026-01-01T12:00:00Z'

export function nodeMetrics(name: string, usage: string, timestamp = sampledAt): Json {
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'NodeMetrics',
    metadata: { name },
    timestamp,
    usage: amounts(usage),
  }
}

export function podMetrics(
  namespace: string,
  name: string,
  containers: Record<string, string>,
  timestamp = sampledAt,
): Json {
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: { namespace, name },
    timestamp,
    containers: Object.entries(containers).map(([container, usage]) => ({ name: container, usage: amounts(usage) })),
  }
}

export function list(...items: readonly Json[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items })
}

export const sampleNodes: readonly Json[] = [
  node('worker-a1', { labels: { 'node-pool': 'general', zone: 'a' } }),
  node('worker-a2', { labels: { 'node-pool': 'general', zone: 'b' }, isCordoned: true }),
  node('worker-b1', { labels: { 'node-pool': 'general', zone: 'b' }, isReady: false }),
  node('gpu-1', {
    labels: { 'node-pool': 'gpu', zone: 'a' },
    taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }],
    allocatable: { cpu: '15890m', memory: '60Gi', 'nvidia.com/gpu': '2' },
  }),
]

export const samplePods: readonly Json[] = [
  pod('kube-system', 'coredns-5d78c9869d-x2lkj', [container('coredns', ['100m/70Mi', '/170Mi'])], {
    node: 'worker-a1',
  }),
  pod('kube-system', 'kube-proxy-8xk2p', [container('kube-proxy', ['100m'])], { node: 'worker-a1' }),
  pod('kube-system', 'kube-proxy-q7w4z', [container('kube-proxy', ['100m'])], { node: 'worker-a2' }),
  pod('payments', 'api-7c9d-1', [container('api', ['500m/512Mi', '1/1Gi'])], {
    node: 'worker-a1',
    labels: { app: 'api' },
    init: [
      container('migrate', ['2/256Mi', '2/256Mi']),
      container('proxy', ['100m/64Mi', '200m/128Mi'], { restartPolicy: 'Always' }),
    ],
  }),
  pod('payments', 'api-7c9d-2', [container('api', ['500m/512Mi', '1/1Gi'])], {
    node: 'worker-b1',
    labels: { app: 'api' },
    init: [
      container('migrate', ['2/256Mi', '2/256Mi']),
      container('proxy', ['100m/64Mi', '200m/128Mi'], { restartPolicy: 'Always' }),
    ],
  }),
  pod('payments', 'ledger-0', [container('ledger', ['1/2Gi', '2/4Gi'])], {
    node: 'worker-a2',
    labels: { app: 'ledger' },
    spec: { overhead: { cpu: '250m', memory: '120Mi' } },
  }),
  pod('payments', 'report-29012345-ab1cd', [container('report', ['3/6Gi', '3/6Gi'])], {
    node: 'worker-a2',
    phase: 'Succeeded',
  }),
  pod('payments', 'api-7c9d-3', [container('api', ['500m/512Mi', '1/1Gi'])], { labels: { app: 'api' } }),
  pod('ml', 'train-0', [container('train', ['8/24Gi', '12/48Gi'], { extra: { 'nvidia.com/gpu': '1' } })], {
    node: 'gpu-1',
    labels: { app: 'train' },
  }),
  pod('ml', 'notebook-0', [container('notebook', ['1/1Gi']), container('sync', ['1/1Gi'])], {
    node: 'gpu-1',
    labels: { app: 'notebook' },
    spec: { resources: { requests: { cpu: '500m', memory: '3Gi' }, limits: { cpu: '2' } } },
  }),
  pod('web', 'shop-6f-1', [container('shop', ['250m/256Mi', '500m/512Mi'])], {
    node: 'worker-b1',
    labels: { app: 'shop' },
    status: {
      containerStatuses: [
        {
          name: 'shop',
          allocatedResources: { cpu: '250m', memory: '256Mi' },
          resources: { requests: { cpu: '750m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
        },
      ],
    },
  }),
  pod('web', 'shop-6f-2', [container('shop', ['250m/256Mi', '500m/512Mi'])], {
    node: 'worker-a1',
    labels: { app: 'shop' },
    phase: 'Pending',
  }),
]

/** worker-b1 gives no samples: it is not ready. */
export const sampleMetrics: readonly Json[] = [
  nodeMetrics('worker-a1', '1350m/5100Mi'),
  nodeMetrics('worker-a2', '640m/7900Mi', '2026-01-01T11:59:41Z'),
  nodeMetrics('gpu-1', '9125m/30Gi'),
  podMetrics('kube-system', 'coredns-5d78c9869d-x2lkj', { coredns: '12m/31Mi' }),
  podMetrics('kube-system', 'kube-proxy-8xk2p', { 'kube-proxy': '3m/22Mi' }),
  podMetrics('kube-system', 'kube-proxy-q7w4z', { 'kube-proxy': '4m/24Mi' }),
  podMetrics('payments', 'api-7c9d-1', { api: '420m/700Mi', proxy: '60m/50Mi' }),
  podMetrics('payments', 'ledger-0', { ledger: '410m/3500Mi' }),
  podMetrics('ml', 'train-0', { train: '8800m/27Gi' }),
  podMetrics('ml', 'notebook-0', { notebook: '90m/700Mi', sync: '5m/40Mi' }),
]

export const sampleDump = list(...sampleNodes, ...samplePods, ...sampleMetrics)
