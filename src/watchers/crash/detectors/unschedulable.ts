import type { PodFacts } from '../pod-facts.ts'
import { heard } from '../words.ts'
import type { Detector, Finding } from './detector.ts'

/** The kubelet's words for a pod that it was given and does not take; it never runs. */
const refusals = /^(OutOf\w+|NodeAffinity|NodeName|NodePorts|UnexpectedAdmissionError|PodOSNotSupported)$/

export const unschedulable: Detector = {
  ofPod: (pod) => (pod.deletedMs === undefined ? (noNode(pod) ?? refused(pod)) : undefined),
}

function noNode({ unscheduled, createdMs = 0 }: PodFacts): Finding | undefined {
  if (unscheduled?.reason !== 'Unschedulable') return undefined
  const atMs = unscheduled.sinceMs ?? createdMs
  const why = heard(unscheduled.message ?? 'the scheduler does not say why')
  return { cause: `no node takes it: ${why}`, atMs, begin: atMs, kind: 'state', hasToLast: true }
}

function refused({ phase, reason = '', message, startedMs, createdMs = 0 }: PodFacts): Finding | undefined {
  if (phase !== 'Failed' || !refusals.test(reason)) return undefined
  const cause = `the node it was given to refused it (${reason}): ${heard(message ?? 'it does not say why')}`
  return { cause, atMs: startedMs ?? createdMs, begin: '', kind: 'once' }
}
