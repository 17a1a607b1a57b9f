/**
 * For each kind: valid objects that together have every field, and for each rule across fields a change that breaks it.
 * The tests on the real API server change one thing in them at a time.
 */
import { type ChannelKind, channelKinds } from '../../src/api/channels.ts'
import type { KindName } from '../../src/api/kinds.ts'
import { channelRuleViolations, channelSamples } from './channel-samples.ts'

// biome-ignore lint/suspicious/noExplicitAny: samples are broken on purpose, so they have no type
export type Sample = { spec: any; status: any }

const time = '2026-11-21T09:00:00Z'
const selector = { matchLabels: { tier: 'a' }, matchExpressions: [{ key: 'team', operator: 'In', values: ['x'] }] }
const conditions = [
  {
    type: 'Ready',
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: time,
    reason: 'Watching',
    message: 'All is well.',
  },
]

const policy = (): Sample => ({
  spec: {
    severity: 'info',
    labels: { team: 'platform' },
    runbookURL: 'https://example.com/runbook',
    namespaces: { names: ['a', 'b'], selector: structuredClone(selector) },
    nodes: { selector: structuredClone(selector) },
    pool: { label: 'node-pool' },
    interval: '30s',
    rules: [
      {
        name: 'cpu',
        scope: 'Node',
        resource: 'cpu',
        measure: 'Requests',
        above: 80,
        clear: 75,
        for: '5m',
        severity: 'critical',
      },
    ],
    reminder: { every: '30m', max: 5 },
    receivers: [{ name: 'oncall', namespace: 'dogwatch-system', slack: { channel: '#capacity' } }],
    suspend: false,
  },
  status: {
    observedGeneration: 1,
    conditions: structuredClone(conditions),
    objectsWatched: { nodes: 1, pods: 2, namespaces: 3 },
    firing: 1,
    unknown: 0,
    alerts: [
      {
        rule: 'cpu',
        object: { kind: 'Pod', namespace: 'a', name: 'b', uid: 'c' },
        resource: 'cpu',
        quota: 'q',
        severity: 'warning',
        since: time,
        value: '93.1%',
        threshold: '80%',
        toldTime: time,
        reminders: 0,
        lastToldTime: time,
      },
    ],
    lastEvaluationTime: time,
  },
})

const survivePolicy = (): Sample => ({
  spec: { rules: [{ name: 'n-plus-1', scope: 'Cluster', measure: 'Survive', nodes: 1 }] },
  status: {},
})

const slackUse = { name: 'slack', namespace: 'dogwatch-system', slack: { channel: '#payments-oncall' } }

const crashRoute = (): Sample => ({
  spec: {
    severity: 'critical',
    labels: { team: 'platform' },
    runbookURL: 'https://example.com/runbook',
    dashboardURL: 'https://example.com/crashes?namespace={{namespace}}',
    namespaces: { names: ['a', 'b'], selector: structuredClone(selector) },
    reasons: ['OOMKilled', 'Error'],
    ignore: [{ namespace: 'dev', pod: 'load-*', container: '*', reason: 'Error', exitCodes: [143] }],
    optOut: true,
    unschedulableFor: '5m',
    logs: { mode: 'Tail', tailLines: 200, maxBytes: '64Ki', redact: ['(?i)password=\\S+'] },
    routes: [
      {
        name: 'payments',
        namespaces: { names: ['payments'], selector: structuredClone(selector) },
        receivers: [structuredClone(slackUse)],
      },
    ],
    receivers: [structuredClone(slackUse)],
    channelFromAnnotation: true,
    grouping: { by: 'Workload', wait: '10s', interval: '5m', repeat: '4h', healthyFor: '10m' },
    suspend: false,
  },
  status: {
    observedGeneration: 1,
    conditions: structuredClone(conditions),
    namespaces: 3,
    open: 1,
    told: 1,
    muted: 0,
    incidents: [
      {
        namespace: 'a',
        kind: 'Deployment',
        name: 'web',
        container: 'app',
        reasons: ['OOMKilled'],
        since: time,
        crashes: 2,
        lastPod: 'web-1',
        toldTime: time,
      },
    ],
    lastCrash: { time, namespace: 'a', pod: 'web-1', container: 'app', reason: 'OOMKilled' },
    logsMissing: 0,
  },
})

const receiver = (channel: ChannelKind, sample: object): Sample => ({
  spec: {
    [channel]: sample,
    hours: {
      active: [{ days: ['Mon', 'Tue'], from: '07:00', to: '19:00', timeZone: 'Europe/Zurich' }],
      except: ['critical', 'warning'],
    },
    minSeverity: 'warning',
    ...(channel === 'pagerduty' ? {} : { heartbeat: { every: '5m' } }),
    template: { title: '{{title}}', text: '{{#alerts}}{{title}}{{/alerts}}' },
    share: {
      namespaces: { names: ['a', 'b'], selector: structuredClone(selector) },
      slackChannels: ['#team-*', '#ops'],
    },
  },
  status: {
    observedGeneration: 1,
    conditions: structuredClone(conditions),
    channel: 'console',
    usedBy: 1,
    lastDeliveryTime: time,
  },
})

const receiverSamples = () =>
  channelKinds.flatMap((channel) => channelSamples[channel]().map((sample) => ({ channel, sample })))

const silence = (change: object): Sample => ({
  spec: {
    matchers: [{ name: 'pod', value: 'load-.*', regex: true }],
    startsAt: '2026-12-01T20:00:00Z',
    comment: 'cluster upgrade',
    createdBy: 'ann',
    ...change,
  },
  status: {
    observedGeneration: 1,
    conditions: structuredClone(conditions),
    state: 'Active',
    startsAt: time,
    endsAt: time,
    muted: 1,
  },
})

export const samples: Record<KindName, () => Sample[]> = {
  AlertReceiver: () => receiverSamples().map(({ channel, sample }) => receiver(channel, sample)),
  CapacityPolicy: () => [policy(), survivePolicy()],
  CrashAlertRoute: () => [crashRoute()],
  Silence: () => [silence({ endsAt: '2026-12-01T22:00:00Z' }), silence({ duration: '2h' })],
}

export interface RuleViolation {
  readonly kind: KindName
  /** The rule's message, which names it. */
  readonly message: string
  /** The field that the answer must blame. */
  readonly field: string
  /** Which of the kind's samples to break; the first by default. */
  readonly sample?: number
  readonly breaks: (sample: Sample) => void
}

const selectorViolations = (kind: KindName, path: string, at: (sample: Sample) => typeof selector): RuleViolation[] => [
  {
    kind,
    message: 'write label keys as name or prefix/name, such as team or example.com/team',
    field: `${path}.matchLabels`,
    breaks: (sample) => Object.assign(at(sample).matchLabels, { 'not a key': 'x' }),
  },
  {
    kind,
    message: 'give values with In and NotIn, and none with Exists and DoesNotExist',
    field: `${path}.matchExpressions[0].values`,
    breaks: (sample) => Object.assign(at(sample).matchExpressions[0] ?? {}, { operator: 'Exists' }),
  },
]

const ruleField = (name: string) => `spec.rules[0].${name}`
const capacityRule = (message: string, field: string, change: object, remove: readonly string[] = []) => ({
  kind: 'CapacityPolicy' as const,
  message,
  field: ruleField(field),
  breaks: ({ spec }: Sample) => {
    Object.assign(spec.rules[0], change)
    for (const name of remove) delete spec.rules[0][name]
  },
})
const labelViolations = (kind: KindName): RuleViolation[] => [
  {
    kind,
    message: 'name labels with letters, digits and underscores only, at most 63, the first not a digit',
    field: 'spec.labels',
    breaks: ({ spec }) => Object.assign(spec.labels, { 'a-b': 'x' }),
  },
  {
    kind,
    message:
      'choose other label names: Dogwatch itself sets alertname, cluster, container, kind, name, namespace, node, pod, policy, policyNamespace, pool, quota, reason, resource, rule, scope, severity, workload',
    field: 'spec.labels',
    breaks: ({ spec }) => Object.assign(spec.labels, { pod: 'x' }),
  },
]

const crashDuration = (bounds: string, field: string, ...values: string[]): RuleViolation[] =>
  values.map((value) => ({
    kind: 'CrashAlertRoute',
    message: `use a duration from ${bounds}, such as 45s or 1h30m`,
    field: `spec.${field}`,
    breaks: ({ spec }) => {
      const [holder, member] = field.includes('.') ? field.split('.') : ['', field]
      Object.assign(holder === '' ? spec : spec[holder as string], { [member as string]: value })
    },
  }))

const crashViolations: readonly RuleViolation[] = [
  ...selectorViolations('CrashAlertRoute', 'spec.namespaces.selector', ({ spec }) => spec.namespaces.selector),
  ...selectorViolations(
    'CrashAlertRoute',
    'spec.routes[0].namespaces.selector',
    ({ spec }) => spec.routes[0].namespaces.selector,
  ),
  ...labelViolations('CrashAlertRoute'),
  ...crashDuration('10s to 24h', 'unschedulableFor', '9s', '24h1s'),
  ...crashDuration('0s to 1h', 'grouping.wait', '1h1s'),
  ...crashDuration('0s to 24h', 'grouping.interval', '24h1s'),
  ...crashDuration('1m to 168h', 'grouping.repeat', '59s', '168h1s'),
  ...crashDuration('0s to 24h', 'grouping.healthyFor', '24h1s'),
  {
    kind: 'CrashAlertRoute',
    message: 'set grouping.repeat to at least grouping.interval',
    field: 'spec.grouping.repeat',
    breaks: ({ spec }) => Object.assign(spec.grouping, { repeat: '4m' }),
  },
  {
    kind: 'CrashAlertRoute',
    message: 'say what to ignore: set namespace, pod, container, reason or exitCodes',
    field: 'spec.ignore[0]',
    breaks: ({ spec }) => Object.assign(spec, { ignore: [{}] }),
  },
  ...['1023', '2Mi'].map((maxBytes) => ({
    kind: 'CrashAlertRoute' as const,
    message: 'use a size from 1Ki to 1Mi',
    field: 'spec.logs.maxBytes',
    breaks: ({ spec }: Sample) => Object.assign(spec.logs, { maxBytes }),
  })),
]

const durationRule = (bounds: string, field: string, breaks: (sample: Sample) => void) => ({
  kind: 'CapacityPolicy' as const,
  message: `use a duration from ${bounds}, such as 45s or 1h30m`,
  field,
  breaks,
})

export const ruleViolations: readonly RuleViolation[] = [
  ...['9s', '24h1s'].map((every) => ({
    kind: 'AlertReceiver' as const,
    message: 'use a duration from 10s to 24h, such as 45s or 1h30m',
    field: 'spec.heartbeat.every',
    breaks: ({ spec }: Sample) => Object.assign(spec.heartbeat, { every }),
  })),
  {
    kind: 'AlertReceiver',
    message: 'set title, text or both',
    field: 'spec.template',
    breaks: ({ spec }) => Object.assign(spec, { template: {} }),
  },
  {
    kind: 'Silence',
    message: 'set either endsAt or duration',
    field: 'spec',
    breaks: ({ spec }) => Object.assign(spec, { duration: '2h' }),
  },
  {
    kind: 'Silence',
    message: 'set either endsAt or duration',
    field: 'spec',
    breaks: ({ spec }) => delete spec.endsAt,
  },
  {
    kind: 'Silence',
    message: 'set endsAt to a time after startsAt',
    field: 'spec.endsAt',
    breaks: ({ spec }) => Object.assign(spec, { endsAt: spec.startsAt }),
  },
  {
    kind: 'Silence',
    message: 'give at least one matcher a value: without any, all alerts would be silenced',
    field: 'spec.matchers',
    breaks: ({ spec }) => Object.assign(spec.matchers[0], { value: '' }),
  },
  ...['0s', '8760h1s'].map((duration) => ({
    kind: 'Silence' as const,
    message: 'use a duration from 1s to 8760h, such as 45s or 1h30m',
    field: 'spec.duration',
    sample: 1,
    breaks: ({ spec }: Sample) => Object.assign(spec, { duration }),
  })),
  {
    kind: 'AlertReceiver',
    message: `set exactly one of ${channelKinds.join(', ')}`,
    field: 'spec',
    breaks: ({ spec }) => Object.assign(spec, { file: {} }),
  },
  {
    kind: 'AlertReceiver',
    message: `set exactly one of ${channelKinds.join(', ')}`,
    field: 'spec',
    breaks: ({ spec }) => delete spec.console,
  },
  ...channelRuleViolations.map(({ channel, message, field, breaks }) => ({
    ...{ kind: 'AlertReceiver' as const, message, field: `spec.${channel}${field}` },
    sample: receiverSamples().findIndex((one) => one.channel === channel),
    breaks: ({ spec }: Sample) => breaks(spec[channel]),
  })),
  {
    kind: 'AlertReceiver',
    message: 'leave heartbeat out with pagerduty: it would open an incident for each',
    field: 'spec.heartbeat',
    sample: receiverSamples().findIndex(({ channel }) => channel === 'pagerduty'),
    breaks: ({ spec }) => Object.assign(spec, { heartbeat: {} }),
  },
  {
    kind: 'AlertReceiver',
    message: 'say which namespaces: give names, a selector, or selector: {} for every namespace',
    field: 'spec.share.namespaces',
    breaks: ({ spec }) => Object.assign(spec.share, { namespaces: { names: [] } }),
  },
  ...selectorViolations(
    'AlertReceiver',
    'spec.share.namespaces.selector',
    ({ spec }) => spec.share.namespaces.selector,
  ),
  ...selectorViolations('CapacityPolicy', 'spec.namespaces.selector', ({ spec }) => spec.namespaces.selector),
  ...selectorViolations('CapacityPolicy', 'spec.nodes.selector', ({ spec }) => spec.nodes.selector),
  ...labelViolations('CapacityPolicy'),
  ...crashViolations,
  durationRule('5s to 1h', 'spec.interval', ({ spec }) => Object.assign(spec, { interval: '4s' })),
  durationRule('5s to 1h', 'spec.interval', ({ spec }) => Object.assign(spec, { interval: '1h1s' })),
  durationRule('0s to 24h', ruleField('for'), ({ spec }) => Object.assign(spec.rules[0], { for: '25h' })),
  durationRule('5s to 168h', 'spec.reminder.every', ({ spec }) => Object.assign(spec.reminder, { every: '169h' })),
  durationRule('5s to 168h', 'spec.reminder.every', ({ spec }) => Object.assign(spec.reminder, { every: '4s' })),
  {
    kind: 'CapacityPolicy',
    message: 'set reminder.every to at least interval',
    field: 'spec.reminder.every',
    breaks: ({ spec }) => Object.assign(spec, { interval: '31m' }),
  },
  {
    kind: 'CapacityPolicy',
    message: 'set pool.label to the node label that names a pool: a rule has scope NodePool',
    field: 'spec.pool',
    sample: 1,
    breaks: ({ spec }) => Object.assign(spec.rules[0], { scope: 'NodePool' }),
  },
  capacityRule('set resource, for example cpu or memory: only Quota and Survive do without', 'resource', {}, [
    'resource',
  ]),
  capacityRule('with Utilization set resource to cpu or memory: the metrics API knows no other', 'resource', {
    measure: 'Utilization',
    resource: 'nvidia.com/gpu',
  }),
  capacityRule('use measure Requests to count pods: a number of pods has no limits', 'measure', {
    measure: 'Limits',
    resource: 'pods',
  }),
  capacityRule('set above to a percent; leave it out with Survive, where requests fit or do not', 'above', {}, [
    'above',
    'clear',
  ]),
  capacityRule('set above to a percent; leave it out with Survive, where requests fit or do not', 'above', {
    scope: 'Cluster',
    measure: 'Survive',
  }),
  capacityRule('set clear to at most the value of above; leave it out where there is no above', 'clear', { clear: 81 }),
  capacityRule(
    'set clear to at most the value of above; leave it out where there is no above',
    'clear',
    { scope: 'Cluster', measure: 'Survive' },
    ['above'],
  ),
  capacityRule('with Quota set scope to Namespace: only namespaces have quotas', 'scope', { measure: 'Quota' }),
  capacityRule(
    'with Survive set scope to NodePool or Cluster: only a group of nodes can lose one',
    'scope',
    { measure: 'Survive' },
    ['above', 'clear'],
  ),
  capacityRule('leave nodes out: it counts lost nodes, which only Survive does', 'nodes', { nodes: 1 }),
]
