/** Facts beside the number: what makes it a lower bound, what is not in it, and what is unusual about the object. */
import { countedPods, type Surroundings } from './contributors.ts'
import type { Finding } from './finding.ts'
import { amountText } from './measurement-text.ts'
import type { PodFacts } from './pod-facts.ts'

const shownContainers = 3

export function contextLines(finding: Finding, surroundings: Surroundings): string[] {
  return [
    ...ownerLine(finding, surroundings),
    ...unboundedLine(finding, surroundings),
    ...resizeLine(finding, surroundings),
    ...nodeLine(finding, surroundings),
    ...sampleLine(finding, surroundings),
    ...quotaLine(finding, surroundings),
    ...waitingLine(finding, surroundings),
  ]
}

function ownPod({ subject }: Finding, { ledger }: Surroundings): PodFacts | undefined {
  return subject.kind === 'Pod' ? ledger.pod(subject.namespace ?? '', subject.name) : undefined
}

function ownerLine(finding: Finding, surroundings: Surroundings): string[] {
  const pod = ownPod(finding, surroundings)
  if (pod === undefined) return []
  const whose = pod.owner === undefined ? 'no owner' : `of ${pod.owner.kind} ${pod.owner.name}`
  return [`${whose}, on node ${pod.nodeName}`]
}

/** With containers that have no limit, the sum of limits says less than it seems to. */
function unboundedLine(finding: Finding, surroundings: Surroundings): string[] {
  const { resource } = finding.subject
  if (finding.rule.measure === 'Quota' || finding.rule.measure === 'Survive') return []
  const own = ownPod(finding, surroundings)
  const pods = own === undefined ? countedPods(finding, surroundings) : [own]
  let count = 0
  const shown: string[] = []
  for (const { namespace, name, resources } of pods) {
    const containers = resources.unbounded.get(resource) ?? []
    count += containers.length
    for (const container of containers.slice(0, shownContainers - shown.length)) {
      shown.push(own === undefined ? `${namespace}/${name}:${container}` : container)
    }
  }
  if (count === 0) return []
  const more = count > shown.length ? ` and ${count - shown.length} more` : ''
  return [
    `${count === 1 ? '1 container' : `${count} containers`} without a ${resource} limit: ${shown.join(', ')}${more}`,
  ]
}

function resizeLine(finding: Finding, surroundings: Surroundings): string[] {
  const { rule, subject } = finding
  if (rule.measure !== 'Requests' && rule.measure !== 'Limits') return []
  const side = rule.measure === 'Limits' ? 'limits' : 'requests'
  let [count, difference] = [0, 0n]
  for (const { resources } of countedPods(finding, surroundings)) {
    if (resources.resizing === undefined) continue
    const now = resources.resizing[side].get(subject.resource)?.nano ?? 0n
    const asked = resources[side].get(subject.resource)?.nano ?? 0n
    if (now !== asked) count += 1
    difference += now - asked
  }
  if (count === 0) return []
  const [size, direction] = difference < 0n ? [-difference, 'less'] : [difference, 'more']
  const pods = count === 1 ? '1 pod is being resized' : `${count} pods are being resized`
  return [`${pods}: the scheduler counts ${amountText(size, subject.resource)} ${direction}`]
}

function nodeLine({ subject }: Finding, { ledger, scope }: Surroundings): string[] {
  const group = subject.kind === 'NodePool' ? scope.pools.get(subject.name) : scope.cluster
  const entries = subject.kind === 'Node' ? [ledger.nodes.get(subject.name)] : [...(group?.nodes ?? [])]
  if (subject.kind === 'Pod' || subject.kind === 'Namespace') return []
  const facts = entries.map((entry) => entry?.facts).filter((known) => known !== undefined)
  const notReady = facts.filter(({ isReady }) => !isReady).length
  const cordoned = facts.filter(({ isUnschedulable }) => isUnschedulable).length
  if (notReady + cordoned === 0) return []
  const parts = [notReady > 0 && `${notReady} not ready`, cordoned > 0 && `${cordoned} cordoned`].filter(Boolean)
  return [`of ${facts.length === 1 ? '1 node' : `${facts.length} nodes`}: ${parts.join(', ')}`]
}

function sampleLine({ measurement, subject }: Finding, { scope }: Surroundings): string[] {
  if (measurement?.isKnown !== true || !measurement.isAtLeast) return []
  if (subject.kind === 'Namespace') {
    const totals = scope.namespaceTotals(subject.name)
    return [
      `no recent sample from ${(totals?.podCount ?? 0) - (totals?.sampledCount ?? 0)} of ${totals?.podCount} pods`,
    ]
  }
  const group = subject.kind === 'NodePool' ? scope.pools.get(subject.name) : scope.cluster
  const size = group?.nodes.size ?? 0
  return [`no recent sample from ${size - (group?.sampledCount ?? 0)} of ${size} nodes`]
}

function quotaLine({ subject }: Finding, { ledger }: Surroundings): string[] {
  const scopes = ledger.namespaces.get(subject.name)?.quotas.get(subject.quota ?? '')?.scopes ?? []
  return scopes.length === 0 ? [] : [`the quota counts only ${scopes.join(', ')} pods`]
}

/** Pods that wait for a node are in no sum; where a group is full they may be why. */
function waitingLine({ subject, rule }: Finding, { ledger }: Surroundings): string[] {
  const isOfNodes = subject.kind === 'Cluster' || subject.kind === 'NodePool'
  if (!isOfNodes || rule.measure === 'Utilization' || ledger.unscheduled.size === 0) return []
  let waiting = 0n
  for (const { resources } of ledger.unscheduled) waiting += resources.requests.get(subject.resource)?.nano ?? 0n
  const count = ledger.unscheduled.size === 1 ? '1 pod' : `${ledger.unscheduled.size} pods`
  const amount = waiting === 0n ? '' : `, asking for ${amountText(waiting, subject.resource)} ${subject.resource}`
  return [`not counted: ${count} without a node${amount}`]
}
