export interface KwokNodeOptions {
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** A node for kwok to pretend: 8 CPUs, 32Gi and 110 pods unless told otherwise. `kubectl top` works for it. */
export function kwokNode(name: string, options: KwokNodeOptions = {}) {
  const resources = { cpu: options.cpu ?? '8', memory: options.memory ?? '32Gi', pods: options.pods ?? '110' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok', ...options.labels },
      annotations: {
        'kwok.x-k8s.io/node': 'fake',
        // Where metrics-server finds this node's metrics, as all nodes share one address and port.
        'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource`,
      },
    },
    status: { allocatable: resources, capacity: resources },
  }
}

export interface KwokPodOptions {
  /** Binds the pod to this node; absent, the scheduler chooses. */
  readonly nodeName?: string
  readonly requests?: Readonly<Record<string, string>>
  readonly limits?: Readonly<Record<string, string>>
  /** What the pod uses as `kubectl top` shows it. */
  readonly usage?: { readonly cpu: string; readonly memory: string }
  readonly labels?: Readonly<Record<string, string>>
}

/** A pod of one container that kwok reports Running. */
export function kwokPod(name: string, options: KwokPodOptions = {}) {
  const { requests = {}, limits = {}, usage } = options
  const annotations = usage && { 'kwok.x-k8s.io/usage-cpu': usage.cpu, 'kwok.x-k8s.io/usage-memory': usage.memory }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name, ...options.labels }, ...(annotations && { annotations }) },
    spec: {
      ...(options.nodeName !== undefined && { nodeName: options.nodeName }),
      containers: [{ name: 'main', image: 'testbed/none:1', resources: { requests, limits } }],
    },
  }
}
