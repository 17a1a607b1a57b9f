import { createRandom } from './random.ts'

const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c']
const pools = ['general', 'general', 'general', 'memory', 'batch']
const shapes = [
  { type: 'm6i.4xlarge', cpu: 16, memoryGi: 64 },
  { type: 'm6i.8xlarge', cpu: 32, memoryGi: 128 },
  { type: 'r6i.4xlarge', cpu: 16, memoryGi: 128 },
]
const imagesPerNode = 20

export const nodeName = (index: number): string =>
  `node-${String(index).padStart(5, '0')}.eu-central-1.compute.internal`

/** A node as a cloud's kubelet reports it: about 8 KB with the server's managedFields. */
export function makeNode(index: number, now: string) {
  const random = createRandom(index + 1)
  const name = nodeName(index)
  const shape = random.pick(shapes)
  const zone = zones[index % zones.length] as string
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: nodeLabels(name, shape.type, zone, random.pick(pools)),
      annotations: {
        'node.alpha.kubernetes.io/ttl': '300',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        'csi.volume.kubernetes.io/nodeid': `{"ebs.csi.aws.com":"i-${random.hex(17)}"}`,
      },
    },
    spec: {
      podCIDR: `10.${64 + (index >> 8)}.${index & 255}.0/24`,
      providerID: `aws:///${zone}/i-${random.hex(17)}`,
      ...(index % 50 === 0 && { taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] }),
    },
    status: {
      capacity: resources(shape.cpu * 1000, shape.memoryGi * 1024 * 1024, 0),
      allocatable: resources(shape.cpu * 1000 - 110, shape.memoryGi * 1024 * 1024 - 1_048_576, 10),
      conditions: conditions(now),
      addresses: [
        { type: 'InternalIP', address: `172.${16 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}` },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: random.hex(32),
        systemUUID: random.hex(32),
        bootID: random.hex(32),
        kernelVersion: '6.12.40-64.114.amzn2023.x86_64',
        osImage: 'Amazon Linux 2023.9.20251117',
        containerRuntimeVersion: 'containerd://2.1.5',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
      images: Array.from({ length: imagesPerNode }, () => image(random.hex(64), random.suffix(8))),
    },
  }
}

function nodeLabels(name: string, type: string, zone: string, pool: string) {
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node-pool': pool,
    'node.kubernetes.io/instance-type': type,
    'topology.kubernetes.io/region': 'eu-central-1',
    'topology.kubernetes.io/zone': zone,
  }
}

function resources(milliCpu: number, memoryKi: number, reservedPods: number) {
  return {
    cpu: `${milliCpu}m`,
    memory: `${memoryKi}Ki`,
    pods: String(110 - reservedPods),
    'ephemeral-storage': '104845292Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
  }
}

function conditions(now: string) {
  const healthy = (type: string, reason: string, message: string, status = 'False') => ({
    type,
    status,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason,
    message,
  })
  return [
    healthy('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    healthy('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    healthy('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    healthy('Ready', 'KubeletReady', 'kubelet is posting ready status', 'True'),
  ]
}

function image(digest: string, name: string) {
  const repository = `602401143452.dkr.ecr.eu-central-1.amazonaws.com/${name}`
  return { names: [`${repository}@sha256:${digest}`, `${repository}:v1.4.2`], sizeBytes: 48_211_334 }
}
