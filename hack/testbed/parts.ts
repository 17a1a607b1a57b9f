import type { Part, PartChoice } from './part.ts'
import { containerd } from './parts/containerd.ts'
import { etcd } from './parts/etcd.ts'
import { kubeApiserver } from './parts/kube-apiserver.ts'
import { kubeControllerManager } from './parts/kube-controller-manager.ts'
import { kubeProxy } from './parts/kube-proxy.ts'
import { kubeScheduler } from './parts/kube-scheduler.ts'
import { kubelet } from './parts/kubelet.ts'
import { kwok } from './parts/kwok.ts'
import { metricsServer } from './parts/metrics-server.ts'

/** Every program that a cluster can consist of, in the order in which they start. */
export const parts = {
  etcd,
  'kube-apiserver': kubeApiserver,
  'kube-controller-manager': kubeControllerManager,
  'kube-scheduler': kubeScheduler,
  containerd,
  kubelet,
  'kube-proxy': kubeProxy,
  kwok,
  'metrics-server': metricsServer,
} as const satisfies Record<string, Part>

export type PartName = keyof typeof parts

/** The parts of a cluster, in the order in which they start. */
export const chooseParts = (choice: PartChoice): PartName[] =>
  (Object.keys(parts) as PartName[]).filter((name) => parts[name].isWanted(choice))
