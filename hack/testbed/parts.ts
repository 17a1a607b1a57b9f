import type { Artifact } from './artifact.ts'
import type { Part } from './part.ts'
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

/** What these programs are built from; each once. */
export const artifacts: readonly Artifact[] = [...new Set(Object.values(parts).map((part) => part.artifact))]

export type PartName = keyof typeof parts

export interface PartChoice {
  readonly controllers: boolean
  readonly node: boolean
  readonly kwok: boolean
  readonly metricsServer: boolean
}

/** The parts of a cluster with these options, in the order in which they start. */
export function chooseParts(choice: PartChoice): PartName[] {
  const wanted: Record<PartName, boolean> = {
    etcd: true,
    'kube-apiserver': true,
    'kube-controller-manager': choice.controllers,
    'kube-scheduler': choice.controllers,
    containerd: choice.node,
    kubelet: choice.node,
    'kube-proxy': choice.node,
    kwok: choice.kwok,
    'metrics-server': choice.metricsServer,
  }
  return (Object.keys(parts) as PartName[]).filter((name) => wanted[name])
}
