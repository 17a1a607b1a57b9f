/** The revisions of the workload that a pod belongs to. */
import type { KubeClient } from '../../../kube/client.ts'
import { type OwnerReference, resourcePath } from '../../../kube/resource.ts'
import { timeMs } from '../object-facts.ts'
import type { MetadataObject, OwnerReferenceObject } from '../pod-object.ts'
import type { Revision, TemplateObject } from './template-object.ts'

/** A workload keeps ten unless told otherwise. */
const most = 50

interface ReplicaSetObject {
  readonly metadata: MetadataObject
  readonly spec?: { readonly selector?: LabelSelectorObject; readonly template?: TemplateObject }
  readonly status?: { readonly availableReplicas?: number }
}

interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | null
}

interface ControllerRevisionObject {
  readonly metadata: MetadataObject
  readonly revision?: number
  readonly data?: { readonly spec?: { readonly template?: TemplateObject } } | null
}

export interface RevisionQuery {
  readonly namespace: string
  /** Of the pod. */
  readonly owner: Pick<OwnerReference, 'kind' | 'name' | 'uid'>
  readonly labels: Readonly<Record<string, string>>
}

export interface Revisions {
  readonly all: readonly Revision[]
  /** The name of the one that the pod is of. */
  readonly current: string
  /** Who made the pod's owner, where that was read to find these. */
  readonly maker?: OwnerReferenceObject
}

/** Undefined where the pod's owner keeps none. Throws the client's errors. */
export async function listRevisions(
  client: KubeClient,
  query: RevisionQuery,
  signal: AbortSignal,
): Promise<Revisions | undefined> {
  if (query.owner.kind === 'ReplicaSet') return await listReplicaSets(client, query, signal)
  if (query.owner.kind === 'StatefulSet' || query.owner.kind === 'DaemonSet') {
    return await listControllerRevisions(client, query, signal)
  }
  return undefined
}

async function listReplicaSets(
  client: KubeClient,
  { namespace, owner }: RevisionQuery,
  signal: AbortSignal,
): Promise<Revisions | undefined> {
  const type = { group: 'apps', version: 'v1', resource: 'replicasets' }
  const own = await client.requestJson<ReplicaSetObject>({
    path: resourcePath(type, { namespace, name: owner.name }),
    signal,
  })
  const maker = controllerOf(own.metadata)
  if (maker === undefined) return undefined
  const query = {
    labelSelector: selectorText(own.spec?.selector?.matchLabels ?? {}, ['pod-template-hash']),
    limit: most,
  }
  const list = await client.requestJson<{ items?: ReplicaSetObject[] }>({
    path: resourcePath(type, { namespace }),
    query,
    signal,
  })
  const family = (list.items ?? []).filter(({ metadata }) => controllerOf(metadata)?.uid === maker.uid)
  return { all: family.map(replicaSetRevision), current: owner.name, maker }
}

const revisionAnnotation = 'deployment.kubernetes.io/revision'

function replicaSetRevision({ metadata, spec, status }: ReplicaSetObject): Revision {
  return {
    name: metadata.name,
    number: Number(metadata.annotations?.[revisionAnnotation] ?? 0),
    madeMs: timeMs(metadata.creationTimestamp),
    isUsedAgain: metadata.annotations?.[`${revisionAnnotation}-history`] !== undefined,
    isServing: (status?.availableReplicas ?? 0) > 0,
    template: spec?.template ?? {},
  }
}

/** What the pods of one revision, or single pods, have that others do not. */
const ownLabels = [
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]

async function listControllerRevisions(
  client: KubeClient,
  { namespace, owner, labels }: RevisionQuery,
  signal: AbortSignal,
): Promise<Revisions | undefined> {
  const path = resourcePath({ group: 'apps', version: 'v1', resource: 'controllerrevisions' }, { namespace })
  const query = { labelSelector: selectorText(labels, ownLabels), limit: most }
  const list = await client.requestJson<{ items?: ControllerRevisionObject[] }>({ path, query, signal })
  const family = (list.items ?? []).filter(({ metadata }) => controllerOf(metadata)?.uid === owner.uid)
  // A StatefulSet's pods carry the revision's name, a DaemonSet's the end of it.
  const hash = labels['controller-revision-hash'] ?? ''
  const current = family.find(({ metadata: { name } }) => name === hash || name === `${owner.name}-${hash}`)
  return current && { all: family.map(controllerRevision(family)), current: current.metadata.name }
}

/** One that is gone back to keeps its time and gets a new number. */
function controllerRevision(
  family: readonly ControllerRevisionObject[],
): (object: ControllerRevisionObject) => Revision {
  return ({ metadata, revision = 0, data }) => {
    const madeMs = timeMs(metadata.creationTimestamp)
    const isOlder = (other: ControllerRevisionObject) =>
      (other.revision ?? 0) < revision && (timeMs(other.metadata.creationTimestamp) ?? 0) > (madeMs ?? 0)
    const template = data?.spec?.template ?? {}
    return {
      name: metadata.name,
      number: revision,
      madeMs,
      isUsedAgain: family.some(isOlder),
      isServing: false,
      template,
    }
  }
}

function controllerOf({ ownerReferences }: MetadataObject): OwnerReferenceObject | undefined {
  return ownerReferences?.find(({ controller }) => controller === true)
}

function selectorText(labels: Readonly<Record<string, string>>, without: readonly string[]): string {
  const kept = Object.entries(labels).filter(([name]) => !without.includes(name))
  return kept.map(([name, value]) => `${name}=${value}`).join(',')
}
