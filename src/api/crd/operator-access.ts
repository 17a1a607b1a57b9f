/**
 * All that the operator does at the API server, with the reason; a test compares it with the audit log, both ways. Nothing
 * here is a wildcard, and a Secret is read by its name: nothing lists or watches them.
 */
import { apiGroup, type Kind } from '../kind.ts'
import { silence } from '../silence.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

export interface Access {
  group: string
  resources: readonly string[]
  /** Absent: all objects of the resources. */
  names?: readonly string[]
  verbs: readonly Verb[]
  /**
   * Where it is needed. `watched`: in every namespace that is watched. `cluster`: for objects without a namespace, which
   * an install for one namespace does without. `own`: in the operator's own namespace.
   */
  reach: 'watched' | 'cluster' | 'own'
  reason: string
}

/** Secrets that receivers name, read in one namespace. */
export const secretAccess: Access = {
  group: '',
  resources: ['secrets'],
  verbs: ['get'],
  reach: 'own',
  reason: 'Credentials that receivers name.',
}

/** The role that a tenant binds to let the operator read Secrets in its namespace. */
export const secretReaderRole = 'dogwatch-secret-reader'

const builtInAccess: readonly Access[] = [
  {
    group: '',
    resources: ['pods'],
    verbs: ['get', 'list', 'watch'],
    reach: 'watched',
    reason: 'Requests and limits are summed over pods; their status says what crashed, and of which run a log is.',
  },
  {
    group: '',
    resources: ['pods/log'],
    verbs: ['get'],
    reach: 'watched',
    reason: 'The log from before a crash.',
  },
  {
    group: '',
    resources: ['events'],
    verbs: ['list'],
    reach: 'watched',
    reason: 'What the kubelet and others say of a pod that crashed, and of its node.',
  },
  {
    group: 'apps',
    resources: ['replicasets'],
    verbs: ['get', 'list'],
    reach: 'watched',
    reason: 'What changed in a Deployment before one of its pods crashed.',
  },
  {
    group: 'apps',
    resources: ['controllerrevisions'],
    verbs: ['list'],
    reach: 'watched',
    reason: 'What changed in a StatefulSet or DaemonSet before one of its pods crashed.',
  },
  {
    group: 'batch',
    resources: ['jobs'],
    verbs: ['list', 'watch'],
    reach: 'watched',
    reason: 'A Job that failed, and the CronJob that made it.',
  },
  {
    group: '',
    resources: ['resourcequotas'],
    verbs: ['list', 'watch'],
    reach: 'watched',
    reason: 'Measure Quota compares with them.',
  },
  {
    group: '',
    resources: ['nodes'],
    verbs: ['get', 'list', 'watch'],
    reach: 'cluster',
    reason: 'Nodes say what is allocatable, are selected by labels, and may be why a pod crashed.',
  },
  {
    group: '',
    resources: ['namespaces'],
    verbs: ['list', 'watch'],
    reach: 'cluster',
    reason: 'Namespaces are selected by labels.',
  },
  {
    group: 'metrics.k8s.io',
    resources: ['pods'],
    verbs: ['list'],
    reach: 'watched',
    reason: 'Measure Utilization of pods and namespaces.',
  },
  {
    group: 'metrics.k8s.io',
    resources: ['nodes'],
    verbs: ['list'],
    reach: 'cluster',
    reason: 'Measure Utilization of nodes, pools and the cluster.',
  },
  {
    group: 'events.k8s.io',
    resources: ['events'],
    verbs: ['create'],
    reach: 'watched',
    reason: 'Rejections, and alerts of policies without receivers, are Events on the policy.',
  },
  {
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
    reach: 'own',
    reason: 'One operator at a time judges and sends.',
  },
  secretAccess,
]

/** What an operator needs beside that to serve the API for people. */
export function apiAccess(): Access[] {
  return [
    {
      group: 'authentication.k8s.io',
      resources: ['tokenreviews'],
      verbs: ['create'],
      reach: 'cluster',
      reason: 'Who a bearer token belongs to.',
    },
    {
      group: 'authorization.k8s.io',
      resources: ['subjectaccessreviews'],
      verbs: ['create'],
      reach: 'cluster',
      reason: 'What a caller may do.',
    },
    {
      group: '',
      resources: ['configmaps'],
      names: ['extension-apiserver-authentication'],
      verbs: ['get'],
      reach: 'cluster',
      reason: 'How the API server proves that it names a caller. It is in kube-system.',
    },
    {
      group: apiGroup,
      resources: ['capacitypolicies', 'crashalertroutes'],
      verbs: ['patch'],
      reach: 'watched',
      reason: 'Suspend and resume, for callers who may patch it themselves.',
    },
    {
      group: apiGroup,
      resources: ['silences'],
      verbs: ['create', 'patch'],
      reach: 'watched',
      reason: 'Silence and end a silence, for callers who may create or patch one themselves.',
    },
  ]
}

/** What a caller needs to be let through to the API by the API server in front of it: who asks for what is judged there. */
export const aggregatedAccess: readonly Access[] = [
  {
    group: 'api.dogwatch.dev',
    resources: ['alerts', 'alerts/acknowledge', 'receivers', 'receivers/test', 'silences', 'silences/expire'].concat([
      'policies',
      'policies/suspend',
      'policies/resume',
      'service',
      'crashes',
      'crashes/logs',
    ]),
    verbs: ['get', 'list', 'create'],
    reach: 'cluster',
    reason: 'Nothing is given by it: each answer is judged by the rights on the object behind it.',
  },
]

/** All that the operator does at the API server. */
export function operatorAccess(kinds: readonly Kind[]): Access[] {
  const plurals = kinds.map(({ plural }) => plural)
  return [
    {
      group: apiGroup,
      resources: plurals.filter((plural) => plural !== silence.plural),
      verbs: ['list', 'watch'],
      reach: 'watched',
      reason: 'What users ask for.',
    },
    {
      group: apiGroup,
      resources: [silence.plural],
      verbs: ['list', 'watch', 'delete'],
      reach: 'watched',
      reason: 'The same; those that were made through the API are deleted a day after their end.',
    },
    {
      group: apiGroup,
      resources: plurals.map((plural) => `${plural}/status`),
      verbs: ['patch'],
      reach: 'watched',
      reason: 'What the operator answers.',
    },
    ...builtInAccess,
  ]
}
