/** What somebody deployed: the owner at the top of a pod, as far as it can be told from pods and Jobs alone. */
import type { ObjectReference } from '../../model/alert.ts'
import type { JobFacts } from './job-facts.ts'
import type { OwnerFacts } from './object-facts.ts'
import type { PodFacts, TemplateHash } from './pod-facts.ts'

/** The Jobs that are known, by `namespace/name`. */
export interface KnownJobs {
  get(key: string): JobFacts | undefined
}

/**
 * A ReplicaSet that a Deployment made stands for the Deployment, a Job that a CronJob made for the CronJob; any other owner is
 * named as the reference names it. A pod without owner is its own workload, and so is a static pod, whose owner is its node.
 * The reference has a uid only where the owner is the direct one.
 */
export function workloadOf(pod: PodFacts, jobs: KnownJobs): ObjectReference {
  const { namespace, name, uid, owner, templateHash } = pod
  if (owner === undefined || isNode(owner)) return { kind: 'Pod', namespace, name, uid }
  const job = isJob(owner) ? jobs.get(`${namespace}/${owner.name}`) : undefined
  if (job !== undefined && job.uid === owner.uid) return workloadOfJob(job)
  return templateOwner(owner, templateHash, namespace) ?? referenceTo(owner, namespace)
}

export function workloadOfJob({ namespace, name, uid, owner }: JobFacts): ObjectReference {
  return owner === undefined ? { kind: 'Job', namespace, name, uid } : referenceTo(owner, namespace)
}

function isNode({ apiVersion, kind }: OwnerFacts): boolean {
  return kind === 'Node' && apiVersion === 'v1'
}

function isJob({ apiVersion, kind }: OwnerFacts): boolean {
  return kind === 'Job' && apiVersion.startsWith('batch/')
}

/** A ReplicaSet made from a template is named after its owner and the template's hash, which its pods carry as a label. */
function templateOwner(
  { kind, name }: OwnerFacts,
  template: TemplateHash | undefined,
  namespace: string,
): ObjectReference | undefined {
  const ending = `-${template?.hash}`
  if (template === undefined || kind !== 'ReplicaSet' || !name.endsWith(ending)) return undefined
  return { kind: template.ownerKind, namespace, name: name.slice(0, -ending.length) }
}

function referenceTo({ kind, name, uid }: OwnerFacts, namespace: string): ObjectReference {
  return { kind, namespace, name, ...(uid === '' ? {} : { uid }) }
}
