/** What can happen to a pod on a real node, and what has to be told of it. Each case has a namespace of its own. */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { busyboxImage, pauseImage } from '../../hack/testbed/images.ts'
import type { CrashReason } from '../../src/model/crash.ts'
import { eventually } from './eventually.ts'

export interface CrashCase {
  readonly name: string
  readonly objects: readonly object[]
  /** `reason` or `reason of container`, each of which has to be told. Empty: nothing is told. */
  readonly told: readonly string[]
  /** What may be told beside it. */
  readonly also?: readonly string[]
  /** The status of its pods says nothing of it. */
  readonly isUnseen?: boolean
  /** What the workload is called, if not the pod `crash`. */
  readonly workload?: string
  /** How often the kubelet starts a container again because somebody wants it so. */
  readonly wantedRestarts?: number
  /** How many pods of the workload tell of it; 1 by default. */
  readonly pods?: number
  /** What must be in the words of one of them. */
  readonly words?: RegExp
  /** What the log that comes with the message has, or how the message says that there is none. */
  readonly log?: RegExp
  readonly noLog?: RegExp
  /** What else is done, from when the objects are there. */
  act?(cluster: Cluster, namespace: string): Promise<void>
}

export const namespaceOf = ({ name }: CrashCase): string => `case-${name}`

/** Reasons that come by themselves when others last. */
export const followers: readonly CrashReason[] = ['CrashLoopBackOff']

type Fields = Readonly<Record<string, unknown>>

const container = (script: string, fields: Fields = {}) => ({
  name: 'main',
  image: busyboxImage,
  imagePullPolicy: 'Never',
  command: ['/bin/sh', '-c', script],
  ...fields,
})

const quiet = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 2 }
const podSpec = (main: Fields, spec: Fields = {}) => ({ ...quiet, containers: [main], ...spec })

const pod = (main: Fields, spec: Fields = {}, name = 'crash') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: podSpec(main, spec),
})

const labels = { app: 'crash' }
const template = (main: Fields, spec: Fields = {}) => ({ metadata: { labels }, spec: podSpec(main, spec) })
const replicated = (kind: string, main: Fields, replicas = 1, spec: Fields = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'crash' },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: template(main, spec),
    ...(kind === 'StatefulSet' ? { serviceName: 'x' } : {}),
  },
})
const job = (main: Fields, spec: Fields) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'crash' },
  spec: { template: template(main, { restartPolicy: 'Never' }), ...spec },
})

const forever = 'exec sleep 3600'
/** The first run ends at once and well when it is told to, the second crashes, the third goes on. */
const breaksOnce = `mkdir /runs/1 2>/dev/null && { trap 'exit 0' TERM; while true; do sleep 0.1; done; }
mkdir /runs/2 2>/dev/null && exit 1
${forever}`
const failing = (command: string, fields: Fields = {}) => ({
  exec: { command: ['/bin/sh', '-c', command] },
  periodSeconds: 1,
  failureThreshold: 1,
  ...fields,
})
const limit = (memory: string) => ({ resources: { limits: { memory } } })
/** Where the first process is no init: the kernel keeps signals from inside away from that. */
const notInit = { shareProcessNamespace: true }

const ready = (what: string) => async (cluster: Cluster, namespace: string) => {
  await cluster.mustKubectl(['-n', namespace, 'wait', what, '--for=condition=Ready', '--timeout=90s'])
}
const rolledOut = (cluster: Cluster, namespace: string) =>
  cluster.mustKubectl(['-n', namespace, 'rollout', 'status', 'deployment/crash', '--timeout=90s'])
/** Until then the kubelet has so much to say that its Events come late. */
const heard = async (cluster: Cluster, namespace: string) => {
  const query = ['-n', namespace, 'get', 'events', '-o', 'name', '--field-selector', 'reason=Started']
  await ready('pod/crash')(cluster, namespace)
  await eventually(`the Event of the start in ${namespace}`, async () => (await cluster.kubectl(query)).stdout !== '')
  const path = 'jsonpath={.status.containerStatuses[0].state.running.startedAt}'
  // A kill in the second of the start could be of a run before.
  await eventually(`the first second of ${namespace} to pass`, async () => {
    const { stdout } = await cluster.kubectl(['-n', namespace, 'get', 'pod', 'crash', '-o', path])
    return Date.now() - Date.parse(stdout) >= 2_000
  })
}
/** The first run was ended and the next one runs: nothing else is to be seen of it. */
const startedAgain = (cluster: Cluster, namespace: string) => {
  const path = 'jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}'
  return eventually(`${namespace} to run again`, async () => {
    const { stdout } = await cluster.kubectl(['-n', namespace, 'get', 'pod', 'crash', '-o', path])
    return stdout === '1 true'
  })
}
const gone = (cluster: Cluster, namespace: string, count = 0) =>
  eventually(`pods of ${namespace} to go`, async () => {
    const names = await cluster.mustKubectl(['-n', namespace, 'get', 'pods', '-o', 'name'])
    return names.split('\n').filter(Boolean).length === count
  })

/** The kubelet of a busy node writes some Events long after what they are about, and nothing else proves what it ended a container for. */
const lateEvents = ['Error of main']

export const crashCases: readonly CrashCase[] = [
  {
    name: 'exit-1',
    objects: [pod(container('echo going down; sleep 1; exit 1'))],
    told: ['Error of main'],
    words: /exit code 1/,
    log: /^going down$/m,
  },
  {
    name: 'exit-0-always',
    objects: [pod(container('sleep 1'))],
    told: ['Error of main'],
    words: /exit code 0, though/,
  },
  { name: 'oom', objects: [pod(container('exec tail /dev/zero', limit('20Mi')))], told: ['OOMKilled of main'] },
  {
    name: 'oom-of-child',
    objects: [pod(container('tail /dev/zero; exit $?', limit('20Mi')))],
    told: ['OOMKilled of main'],
  },
  {
    name: 'oom-survived',
    objects: [pod(container('tail /dev/zero; exit 3', limit('20Mi')))],
    told: ['OOMKilled of main'],
    words: /killed a process in it for want of memory; then it ended with exit code 3/,
  },
  {
    name: 'segv',
    objects: [pod(container('sleep 1; kill -SEGV $$$$; sleep 9'), notInit)],
    told: ['Error of main'],
    words: /SIGSEGV \(exit code 139\)/,
  },
  {
    name: 'sigkill',
    objects: [pod(container('sleep 1; kill -KILL $$$$; sleep 9'), notInit)],
    told: ['Error of main'],
    words: /SIGKILL, cause unknown \(exit code 137\)/,
  },
  {
    name: 'liveness',
    objects: [pod(container(forever, { livenessProbe: failing('exit 1', { initialDelaySeconds: 2 }) }))],
    told: ['ProbeKilled of main'],
    also: lateEvents,
    words: /its liveness probe failed/,
  },
  {
    name: 'liveness-ends-well',
    objects: [
      pod(
        container("trap 'exit 0' TERM; while true; do sleep 1; done", {
          livenessProbe: failing('exit 1', { initialDelaySeconds: 2 }),
        }),
      ),
    ],
    told: ['ProbeKilled of main'],
    also: lateEvents,
    words: /exit code 0/,
  },
  {
    name: 'startup',
    objects: [pod(container(forever, { startupProbe: failing('exit 1', { failureThreshold: 2 }) }))],
    told: ['ProbeKilled of main'],
    also: lateEvents,
    words: /its startup probe failed/,
  },
  {
    name: 'init',
    objects: [pod(container(forever), { initContainers: [container('sleep 1; exit 3', { name: 'before' })] })],
    told: ['InitFailed of before'],
    words: /exit code 3/,
  },
  {
    name: 'sidecar',
    objects: [
      pod(container(forever), {
        initContainers: [container('sleep 2; exit 4', { name: 'beside', restartPolicy: 'Always' })],
      }),
    ],
    told: ['Error of beside'],
    words: /exit code 4/,
  },
  {
    name: 'image-missing',
    objects: [pod(container(forever, { image: 'localhost:1/none:1', imagePullPolicy: 'Always' }))],
    told: ['ImagePull of main'],
    words: /localhost:1\/none:1/,
  },
  {
    name: 'image-never',
    objects: [pod(container(forever, { image: 'localhost:1/none:1' }))],
    told: ['ImagePull of main'],
  },
  {
    name: 'image-name',
    objects: [pod(container(forever, { image: 'NOT//GOOD' }))],
    told: ['ImagePull of main'],
    words: /NOT\/\/GOOD/,
  },
  {
    name: 'no-config-map',
    objects: [pod(container(forever, { envFrom: [{ configMapRef: { name: 'absent' } }] }))],
    told: ['Config of main'],
    words: /configmap "absent" not found/,
  },
  {
    name: 'no-volume',
    objects: [
      replicated(
        'Deployment',
        container(forever, { volumeMounts: [{ name: 'settings', mountPath: '/settings' }] }),
        2,
        { volumes: [{ name: 'settings', configMap: { name: 'absent' } }] },
      ),
    ],
    told: ['Config'],
    workload: 'Deployment/crash',
    isUnseen: true,
    words: /cannot be started: .*configmap "absent" not found/,
  },
  {
    name: 'no-secret-key',
    objects: [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'there' }, stringData: { other: 'x' } },
      pod(container(forever, { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'there', key: 'absent' } } }] })),
    ],
    told: ['Config of main'],
    words: /couldn't find key absent in Secret/,
  },
  {
    name: 'no-command',
    objects: [pod(container('', { command: ['/bin/nope'] }))],
    told: ['Config of main'],
    words: /\/bin\/nope/,
  },
  { name: 'fast', objects: [pod(container('exit 9'))], told: ['Error of main'], words: /exit code 9/ },
  {
    name: 'image-breaks',
    objects: [
      pod(container(breaksOnce, { volumeMounts: [{ name: 'runs', mountPath: '/runs' }] }), {
        volumes: [{ name: 'runs', emptyDir: {} }],
      }),
    ],
    told: ['Error of main'],
    wantedRestarts: 1,
    words: /exit code 1\b/,
    act: async (cluster, namespace) => {
      await heard(cluster, namespace)
      await cluster.mustKubectl(['-n', namespace, 'set', 'image', 'pod/crash', `main=${pauseImage}`])
    },
  },
  {
    name: 'log-gone',
    objects: [pod(container('echo soon gone; sleep 6; exit 1'))],
    told: ['Error of main'],
    noLog: /not to be had: log/,
    act: async (cluster, namespace) => {
      await ready('pod/crash')(cluster, namespace)
      const field = async (path: string) =>
        (await cluster.kubectl(['-n', namespace, 'get', 'pod', 'crash', '-o', `jsonpath={${path}}`])).stdout
      const logs = join(cluster.files.podLogs, `${namespace}_crash_${await field('.metadata.uid')}`, 'main')
      // Whichever run it is by now. The kubelet makes it again for as long as the container runs.
      let hasEnded = false
      const removing = eventually('the end of the container without log', async () => {
        for (const name of await readdir(logs)) await rm(join(logs, name), { force: true })
        return hasEnded
      })
      await eventually('the end', async () => (await field('.status.containerStatuses[0].state.running')) === '')
      hasEnded = true
      await removing
    },
  },
  {
    name: 'log-rotated',
    objects: [
      pod(
        container(
          'yes 0123456789012345678901234567890123456789 | head -c 3000000; sleep 7; echo the last line; exit 1',
        ),
      ),
    ],
    told: ['Error of main'],
    log: /^the last line$/m,
  },
  {
    name: 'log-binary',
    objects: [pod(container("printf '\\377\\376\\000\\001 half \\303\\n'; head -c 4096 /dev/urandom; exit 1"))],
    told: ['Error of main'],
    log: /half/,
  },
  {
    name: 'disk',
    objects: [
      pod(
        container('head -c 30000000 /dev/zero > /scratch/much; exec sleep 3600', {
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        }),
        {
          volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '5Mi' } }],
        },
      ),
    ],
    told: ['Evicted'],
    words: /exceeds/,
  },
  {
    name: 'job-gives-up',
    objects: [job(container('sleep 1; exit 1'), { backoffLimit: 1 })],
    told: ['JobFailed', 'Error of main'],
    workload: 'Job/crash',
  },
  {
    name: 'job-deadline',
    objects: [job(container(forever), { activeDeadlineSeconds: 4 })],
    told: ['DeadlineExceeded'],
    workload: 'Job/crash',
  },
  {
    name: 'pod-deadline',
    objects: [pod(container(forever), { activeDeadlineSeconds: 4 })],
    told: ['DeadlineExceeded'],
  },
  {
    name: 'deployment',
    objects: [replicated('Deployment', container('sleep 2; exit 5'))],
    told: ['Error of main'],
    workload: 'Deployment/crash',
  },
  {
    name: 'same-name',
    objects: [replicated('StatefulSet', container('sleep 1; exit 6'))],
    told: ['Error of main'],
    workload: 'StatefulSet/crash',
    pods: 2,
    act: async (cluster, namespace) => {
      const pods = [
        '-n',
        namespace,
        'get',
        'pod',
        'crash-0',
        '-o',
        'jsonpath={.status.containerStatuses[0].restartCount}',
      ]
      await eventually('a restart', async () => Number((await cluster.kubectl(pods)).stdout) > 0)
      await cluster.mustKubectl(['-n', namespace, 'delete', 'pod', 'crash-0'])
    },
  },
  {
    name: 'cron-job',
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'crash' },
        spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: job(container('exit 7'), { backoffLimit: 0 }).spec } },
      },
    ],
    told: ['Error of main', 'JobFailed'],
    workload: 'CronJob/crash',
    act: async (cluster, namespace) => {
      await cluster.mustKubectl(['-n', namespace, 'create', 'job', 'by-hand', '--from=cronjob/crash'])
    },
  },
  {
    name: 'hook',
    objects: [
      pod(container(forever, { lifecycle: { postStart: { exec: { command: ['/bin/sh', '-c', 'exit 1'] } } } })),
    ],
    told: ['Config of main'],
    // The pod's status names the hook only while the container waits to be started again.
    also: lateEvents,
    words: /postStart hook failed: Exec lifecycle hook/,
  },
  {
    name: 'no-node',
    objects: [pod(container(forever), { nodeSelector: { kind: 'none' } })],
    told: ['Unschedulable'],
    words: /0\/1 nodes/,
  },
  {
    name: 'static',
    objects: [],
    told: ['Error of main'],
    workload: 'Pod/crash-node-1',
    act: async (cluster, namespace) => {
      const manifest = pod(container('sleep 1; exit 8'))
      const file = join(cluster.files.staticPods, 'crash.json')
      await writeFile(file, JSON.stringify({ ...manifest, metadata: { name: 'crash', namespace } }))
    },
  },
  {
    name: 'preempted',
    objects: [
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'above' }, value: 1000 },
      pod(
        container(forever, {
          resources: { requests: { cpu: '55m', 'example.com/seat': '1' }, limits: { 'example.com/seat': '1' } },
        }),
      ),
    ],
    told: ['Preempted'],
    act: async (cluster, namespace) => {
      await ready('pod/crash')(cluster, namespace)
      const seat = { resources: { limits: { 'example.com/seat': '1' } } }
      const better = pod(container(forever, seat), { priorityClassName: 'above' }, 'better')
      await cluster.apply([{ ...better, metadata: { name: 'better', namespace } }])
    },
  },
]

export const silentCases: readonly CrashCase[] = [
  {
    name: 'rollout',
    objects: [replicated('Deployment', container(forever), 2)],
    told: [],
    act: async (cluster, namespace) => {
      await rolledOut(cluster, namespace)
      await cluster.mustKubectl(['-n', namespace, 'rollout', 'restart', 'deployment/crash'])
      await rolledOut(cluster, namespace)
      await gone(cluster, namespace, 2)
    },
  },
  {
    name: 'scale-down',
    objects: [replicated('Deployment', container("trap 'exit 143' TERM; while true; do sleep 1; done"), 2)],
    told: [],
    act: async (cluster, namespace) => {
      await rolledOut(cluster, namespace)
      await cluster.mustKubectl(['-n', namespace, 'scale', 'deployment/crash', '--replicas=0'])
      await gone(cluster, namespace)
    },
  },
  {
    name: 'slow-term',
    objects: [
      pod(container("trap 'sleep 4; exit 3' TERM; while true; do sleep 1; done"), {
        terminationGracePeriodSeconds: 30,
      }),
    ],
    told: [],
    act: async (cluster, namespace) => {
      await ready('pod/crash')(cluster, namespace)
      await cluster.mustKubectl(['-n', namespace, 'delete', 'pod', 'crash'])
    },
  },
  {
    name: 'drain',
    objects: [replicated('Deployment', container(forever))],
    told: [],
    act: async (cluster, namespace) => {
      await rolledOut(cluster, namespace)
      const chosen = `--pod-selector=case=${namespace}`
      await cluster.mustKubectl(['-n', namespace, 'label', 'pod', '--all', `case=${namespace}`])
      await cluster.mustKubectl(['drain', 'node-1', chosen, '--ignore-daemonsets', '--timeout=60s'])
      await cluster.mustKubectl(['uncordon', 'node-1'])
      await rolledOut(cluster, namespace)
    },
  },
  {
    name: 'namespace-deleted',
    objects: [pod(container("trap 'exit 1' TERM; while true; do sleep 1; done"))],
    told: [],
    act: async (cluster, namespace) => {
      await ready('pod/crash')(cluster, namespace)
      await cluster.mustKubectl(['delete', 'namespace', namespace])
    },
  },
  {
    name: 'image-changed',
    objects: [pod(container(forever))],
    told: [],
    wantedRestarts: 1,
    act: async (cluster, namespace) => {
      await heard(cluster, namespace)
      await cluster.mustKubectl(['-n', namespace, 'set', 'image', 'pod/crash', `main=${pauseImage}`])
      await startedAgain(cluster, namespace)
    },
  },
  {
    name: 'resized',
    objects: [
      pod(
        container(forever, {
          ...limit('30Mi'),
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
        }),
      ),
    ],
    told: [],
    wantedRestarts: 1,
    act: async (cluster, namespace) => {
      await heard(cluster, namespace)
      const resources = { limits: { memory: '40Mi' }, requests: { memory: '40Mi' } }
      const patch = JSON.stringify({ spec: { containers: [{ name: 'main', resources }] } })
      await cluster.mustKubectl(['-n', namespace, 'patch', 'pod', 'crash', '--subresource', 'resize', '-p', patch])
      await startedAgain(cluster, namespace)
    },
  },
  {
    name: 'job-done',
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'crash' },
        spec: {
          template: template(container('sleep 3'), {
            restartPolicy: 'Never',
            initContainers: [
              container('sleep 1', { name: 'before' }),
              container(forever, { name: 'beside', restartPolicy: 'Always' }),
            ],
          }),
        },
      },
    ],
    told: [],
    act: async (cluster, namespace) => {
      await cluster.mustKubectl(['-n', namespace, 'wait', 'job/crash', '--for=condition=Complete', '--timeout=90s'])
      await eventually('the sidecar to end', async () => {
        const phase = await cluster.mustKubectl([
          '-n',
          namespace,
          'get',
          'pods',
          '-o',
          'jsonpath={.items[0].status.phase}',
        ])
        return phase === 'Succeeded'
      })
    },
  },
]

export const markerPod = pod(container('exit 1'))
