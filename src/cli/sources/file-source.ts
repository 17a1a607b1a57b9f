import { errorText, OperatorError } from '../../base/errors.ts'
import {
  type NodeFacts,
  type NodeObject,
  projectNamespace,
  projectNode,
  type UsageObject,
} from '../../watchers/capacity/node-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import { type ClusterFacts, type PodRecord, projectUsageRecord, type UsageRecord } from '../capacity/cluster-facts.ts'
import { createPodRecordProjection } from '../capacity/pod-record.ts'
import type { CapacityQuery } from '../capacity/query.ts'
import type { Context } from '../context.ts'
import { type DumpObject, objectKind, readDump } from './dump-reader.ts'

/** Reads what a report needs from a file of `kubectl get -o json`; `-` is stdin. Throws INVALID_INPUT. */
export async function readFileFacts(
  file: string,
  { stdin, clock }: Context,
  query: CapacityQuery,
): Promise<ClusterFacts> {
  const found = new FoundObjects(query)
  await readDump(file, stdin, (object) => found.add(object))
  return found.facts(clock.nowMs(), query)
}

class FoundObjects {
  readonly #nodes: NodeFacts[] = []
  readonly #pods: PodRecord[] = []
  readonly #nodeUsage: UsageRecord[] = []
  readonly #podUsage: UsageRecord[] = []
  readonly #namespaceLabels = new Map<string, Readonly<Record<string, string>>>()
  readonly #projectPod: ReturnType<typeof createPodRecordProjection>
  #otherCount = 0

  constructor(query: CapacityQuery) {
    this.#projectPod = createPodRecordProjection(query)
  }

  add(object: DumpObject): void {
    try {
      this.#sort(object)
    } catch (cause) {
      const { namespace, name } = object.metadata ?? {}
      const object_ = `${objectKind(object)} ${namespace === undefined ? '' : `${namespace}/`}${name ?? 'without name'}`
      throw new OperatorError('INVALID_INPUT', `${object_} cannot be read: ${errorText(cause)}`)
    }
  }

  facts(nowMs: number, query: CapacityQuery): ClusterFacts {
    this.#requireEnough(query)
    return {
      ...(this.#nodes.length === 0 ? {} : { nodes: this.#nodes }),
      pods: this.#pods,
      nodeUsage: this.#nodeUsage,
      podUsage: this.#podUsage,
      namespaceLabels: this.#namespaceLabels,
      nowMs: this.#newestSampleMs() ?? nowMs,
      warnings: this.#warnings(query),
    }
  }

  #sort(object: DumpObject): void {
    switch (objectKind(object)) {
      case 'Node':
        this.#nodes.push(projectNode(object as NodeObject))
        break
      case 'Pod':
        this.#pods.push(this.#projectPod(object as PodObject))
        break
      case 'Namespace': {
        const { name, labels } = projectNamespace(object as NodeObject)
        this.#namespaceLabels.set(name, labels)
        break
      }
      case 'NodeMetrics':
        this.#nodeUsage.push(projectUsageRecord(object as UsageObject))
        break
      case 'PodMetrics':
        this.#podUsage.push(projectUsageRecord(object as UsageObject))
        break
      default:
        this.#otherCount += 1
    }
  }

  #requireEnough({ view, pods }: CapacityQuery): void {
    if (this.#nodes.length + this.#pods.length === 0) {
      throw new OperatorError(
        'INVALID_INPUT',
        `the file holds no nodes and no pods, but ${this.#otherCount} other objects: make it with \`kubectl get nodes,pods -A -o json\``,
      )
    }
    if (this.#nodes.length === 0 && view !== 'pods' && view !== 'namespaces') {
      throw new OperatorError(
        'INVALID_INPUT',
        `the file holds no nodes, which \`capacity ${view}\` cannot do without: make it with \`kubectl get nodes,pods -A -o json\``,
      )
    }
    if (pods.namespaceLabels !== undefined && this.#namespaceLabels.size === 0) {
      throw new OperatorError(
        'INVALID_INPUT',
        'the file holds no namespaces, which --namespace-labels needs: make it with `kubectl get nodes,pods,namespaces -A -o json`',
      )
    }
  }

  /** In a file now is when its newest sample was taken. */
  #newestSampleMs(): number | undefined {
    const times = [...this.#nodeUsage, ...this.#podUsage].map(({ atMs }) => atMs).filter((atMs) => !Number.isNaN(atMs))
    return times.length === 0 ? undefined : times.reduce((newest, atMs) => Math.max(newest, atMs))
  }

  #warnings({ hasUsage }: CapacityQuery): string[] {
    const hasSamples = this.#nodeUsage.length + this.#podUsage.length > 0
    return [
      ...(this.#nodes.length === 0 ? ['The file holds no nodes, so nothing is shown in percent.'] : []),
      ...(hasUsage && !hasSamples
        ? [
            'Usage is unknown: the file holds no samples; `kubectl get nodes,pods,nodes.metrics.k8s.io,pods.metrics.k8s.io -A -o json` has them.',
          ]
        : []),
    ]
  }
}
