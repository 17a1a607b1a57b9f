/**
 * From a finding to what people read at night: one line that says it all, then who and why, then what to run next. Numbers
 * are short; where that hides something the exact quantity stands beside it.
 */
import { isDeepStrictEqual } from 'node:util'
import { formatDuration } from '../../api/duration.ts'
import type { Alert, AlertState, ObjectReference, PolicyReference } from '../../model/alert.ts'
import { formatQuantity } from '../../model/quantity.ts'
import { contextLines } from './alert-context.ts'
import { biggestContributors, type Surroundings } from './contributors.ts'
import { closeReasons, type Finding, type Subject } from './finding.ts'
import type { KnownMeasurement, Measurement } from './measurement.ts'
import {
  amountsText,
  amountText,
  exactAmount,
  isAmountTextExact,
  measurementPercent,
  percentText,
} from './measurement-text.ts'

export interface AlertSurroundings extends Surroundings {
  readonly clusterName: string | undefined
}

const states: Readonly<Record<Finding['event'], AlertState>> = {
  raise: 'firing',
  recover: 'resolved',
  close: 'closed',
}

export function alertOf(finding: Finding, surroundings: AlertSurroundings): Alert {
  const { policy, rule, subject, sinceMs, atMs } = finding
  const { clusterName } = surroundings
  return {
    key: alertKey(policy.reference, identityOf(finding)),
    policy: policy.reference,
    rule: rule.name,
    state: states[finding.event],
    object: objectReference(subject),
    title: title(finding),
    lines: lines(finding, surroundings),
    ...wordsOfPolicy(finding, surroundings),
    ...(clusterName === undefined ? {} : { clusterName }),
    since: timeText(sinceMs),
    at: timeText(atMs),
  }
}

/** Whose rule looks at what. */
type Concern = Pick<Finding, 'policy' | 'rule' | 'subject'>

/**
 * An open alert with what its policy says of it now, its severity, labels and runbook; undefined where that is what it has. What
 * was found stays as it was found.
 */
export function restate(alert: Alert, found: Concern, surroundings: Surroundings): Alert | undefined {
  const { severity, labels, runbookURL, ...rest } = alert
  const words = wordsOfPolicy(found, surroundings)
  // A pod that is gone is on no node any more; its alert was.
  const { node } = labels
  const isPlaced = found.subject.kind === 'Pod' && node !== undefined
  const next = { ...words, labels: { ...(isPlaced ? { node } : {}), ...words.labels } }
  const known = { severity, labels, ...(runbookURL === undefined ? {} : { runbookURL }) }
  return isDeepStrictEqual(known, next) ? undefined : { ...rest, ...next }
}

function wordsOfPolicy(
  { policy, rule, subject }: Concern,
  surroundings: Surroundings,
): Pick<Alert, 'severity' | 'labels' | 'runbookURL'> {
  return {
    severity: rule.severity,
    labels: { ...policy.labels, ...subjectLabels(subject), ...placeLabels(subject, surroundings) },
    ...(policy.runbookURL === undefined ? {} : { runbookURL: policy.runbookURL }),
  }
}

/** What tells one alert of a policy from another. */
export interface AlertIdentity {
  readonly rule: string
  readonly object: {
    readonly kind: string
    readonly namespace?: string | undefined
    readonly name: string
    readonly uid?: string | undefined
  }
  readonly resource: string
  readonly quota?: string | undefined
}

/** The same for as long as the alert lasts, over restarts too; another object of the same name has another. */
export function alertKey(policy: PolicyReference, { rule, object, resource, quota = '' }: AlertIdentity): string {
  const { kind, namespace = '', name, uid = '' } = object
  return [policy.namespace, policy.name, rule, kind, namespace, name, uid, quota, resource].join('/')
}

function identityOf({ rule, subject }: Finding): AlertIdentity {
  const { resource, quota, ...object } = subject
  return { rule: rule.name, object, resource, ...(quota === undefined ? {} : { quota }) }
}

function objectReference({ kind, namespace, name, uid }: Subject): ObjectReference {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) }
}

const labelNames = { Node: 'node', Pod: 'pod', Namespace: 'namespace', NodePool: 'pool', Cluster: 'scope' } as const

function subjectLabels({ kind, namespace, name, resource, quota }: Subject): Record<string, string> {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    [labelNames[kind]]: name,
    resource,
    ...(quota === undefined ? {} : { quota }),
  }
}

/** A pod's node: what is wrong with it may be the node's doing. */
function placeLabels({ kind, namespace = '', name }: Subject, { ledger }: Surroundings): Record<string, string> {
  const node = kind === 'Pod' ? ledger.namespaces.get(namespace)?.pods.get(name)?.nodeName : undefined
  return node === undefined ? {} : { node }
}

/** `Node worker-3`, `Pod shop/web-1`, `Cluster`. */
export function subjectText({ kind, namespace, name }: Subject): string {
  if (kind === 'Cluster') return kind
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

const measureWords = {
  Requests: 'requests',
  Limits: 'limits',
  Utilization: 'use',
  Quota: 'use',
  Survive: 'requests',
} as const

function title(finding: Finding): string {
  const { event, closeReason, rule, subject, measurement } = finding
  const head = `${subjectText(subject)}: `
  if (event === 'close')
    return `${head}${closeReasons[closeReason ?? 'ObjectGone']}, so its ${subject.resource} alert ends`
  if (measurement === undefined || !measurement.isKnown) return `${head}${subject.resource} is not known`
  if (rule.measure === 'Survive') return head + surviveText(finding, measurement)
  const what = `${subject.resource} ${measureWords[rule.measure]}`
  const percent = `${measurementPercent(measurement, rule)} of ${baseText(measurement, subject)}`
  const above = percentText(rule.abovePercent)
  if (event !== 'recover') return `${head}${what} ${measurement.isAtLeast ? '' : 'at '}${percent}, above ${above}`
  return `${head}${what} back at ${percent}, ${percentText(rule.clearPercent)} or less`
}

function surviveText({ event, rule, subject }: Finding, { ofNano, usedNano }: KnownMeasurement): string {
  const lost = rule.lostNodes === 1 ? 'its largest node' : `its ${rule.lostNodes} largest nodes`
  if (event === 'recover') return `${subject.resource} requests fit again without ${lost}`
  const missing = amountText(usedNano - ofNano, subject.resource)
  return `${subject.resource} requests do not fit without ${lost}, ${missing} too much`
}

function baseText({ base }: KnownMeasurement, { kind, quota = '' }: Subject): string {
  switch (base) {
    case 'Limit':
      return 'its limit'
    case 'Request':
      return 'its request (it has no limit)'
    case 'Quota':
      return `quota ${quota}`
    case 'Remaining':
      return 'what is left'
    case 'Allocatable':
      if (kind === 'Pod') return "its node's allocatable"
      return kind === 'Namespace' ? "the nodes' allocatable" : 'allocatable'
  }
}

function lines(finding: Finding, surroundings: AlertSurroundings): string[] {
  const { event, measurement } = finding
  const isOpen = event === 'raise'
  return [
    ...numberLine(finding, measurement),
    timeLine(finding),
    ...(isOpen ? [...contributorLine(finding, surroundings), ...contextLines(finding, surroundings)] : []),
    ...(isOpen ? [nextLine(finding)] : []),
  ]
}

function numberLine({ subject, rule, event }: Finding, measurement: Measurement | undefined): string[] {
  if (measurement === undefined || !measurement.isKnown) return []
  const { usedNano, ofNano, isAtLeast } = measurement
  const short = amountsText(measurement, subject.resource)
  const verb = event === 'close' ? 'last seen: ' : ''
  const isWhole = [usedNano, ofNano].every((nano) => isAmountTextExact(nano, subject.resource))
  const kept = usedNano === ofNano || isWhole ? '' : ` (exactly ${exactAmounts(measurement, subject.resource)})`
  const bound = isAtLeast ? 'at least ' : ''
  const threshold = rule.measure === 'Survive' ? '' : `; threshold ${thresholdText(rule)}`
  return [`${verb}${bound}${short}${kept}${threshold}`]
}

function thresholdText({ abovePercent, clearPercent }: Finding['rule']): string {
  const clear = clearPercent === abovePercent ? '' : `, over at ${percentText(clearPercent)}`
  return `${percentText(abovePercent)}${clear}`
}

function exactAmounts({ usedNano, ofNano }: KnownMeasurement, resource: string): string {
  return `${formatQuantity(exactAmount(usedNano, resource))} of ${formatQuantity(exactAmount(ofNano, resource))} ${resource}`
}

function timeLine({ event, sinceMs, atMs }: Finding): string {
  const lasting = formatDuration(Math.max(0, atMs - sinceMs))
  if (event === 'recover' || event === 'close') return `lasted ${lasting}, since ${timeText(sinceMs)}`
  const lasted = atMs - sinceMs < 1_000 ? '' : `, for ${lasting}`
  return `since ${timeText(sinceMs)}${lasted}`
}

const shownContributors = 3

function contributorLine(finding: Finding, surroundings: AlertSurroundings): string[] {
  const { resource } = finding.subject
  if (resource === 'pods') return []
  const biggest = biggestContributors(finding, surroundings, shownContributors)
  if (biggest.length === 0) return []
  const texts = biggest.map(({ pod: { namespace, name, owner }, nano }) => {
    const whose = owner === undefined ? '' : ` (${owner.kind} ${owner.name})`
    return `${namespace}/${name}${whose} ${amountText(nano, resource)}`
  })
  return [`biggest: ${texts.join(', ')}`]
}

function nextLine({ subject, rule, policy }: Finding): string {
  const { kind, namespace, name, quota } = subject
  const explain = 'dogwatch capacity --explain'
  const poolLabel = `--pool-label ${policy.poolLabel}`
  switch (kind) {
    case 'Node':
      return `next: kubectl describe node ${name}; ${explain} node/${name}`
    case 'Pod':
      return `next: kubectl describe pod ${name} -n ${namespace}; ${explain} pod/${namespace}/${name}`
    case 'Namespace':
      if (rule.measure === 'Quota') return `next: kubectl describe quota ${quota} -n ${name}`
      return `next: dogwatch capacity pods -n ${name}; ${explain} namespace/${name}`
    case 'NodePool':
      return `next: dogwatch capacity nodes --pool ${name} ${poolLabel}; ${explain} pool/${name} ${poolLabel}`
    case 'Cluster':
      return `next: dogwatch capacity nodes; ${explain} cluster`
  }
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.000Z$/, 'Z')
}
