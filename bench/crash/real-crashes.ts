/** Pods on a real node that live for a second or two and then fail, and when each step after that was. */
import type { AuditEvent } from '../../hack/testbed/audit.ts'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { busyboxImage } from '../../hack/testbed/images.ts'
import { BulkClient } from '../cluster/bulk-client.ts'
import type { RecordedMessage, Recorder } from '../notify/recorder.ts'
import { ToldPods } from './told-pods.ts'

/** Milliseconds since the epoch, all of one machine's clock. */
export interface CrashTimes {
  /** The container's last line. */
  readonly diedMs: number
  /** The API server had answered the kubelet's write. */
  readonly knownMs: number
  /** The API server had Dogwatch's first question for the log. */
  readonly askedMs: number
  /** It had given the last byte of the last answer to that. */
  readonly answeredMs: number
  /** The whole message was there. */
  readonly arrivedMs: number
  readonly hasLog: boolean
}

export interface RealCrashesOptions {
  readonly cluster: Cluster
  readonly recorder: Recorder
  /** Of the pods' names. */
  readonly prefix: string
  readonly crashes: number
  /** How many pods are alive at a time. */
  readonly atOnce: number
}

const pods = '/api/v1/namespaces/default/pods'

interface Death {
  readonly pod: string
  readonly diedMs: number
}

export async function crashOneByOne({
  cluster,
  recorder,
  prefix,
  crashes,
  atOnce,
}: RealCrashesOptions): Promise<CrashTimes[]> {
  const client = new BulkClient(cluster, atOnce)
  const told = new ToldPods(recorder)
  const deaths: Death[] = []
  try {
    await client.forEach(crashes, async (index) => {
      const pod = `${prefix}-${index}`
      await client.send({ method: 'POST', path: pods, body: shortLivedPod(pod, index) })
      await told.until(pod)
      deaths.push({ pod, diedMs: await timeOfLastLine(cluster, pod) })
      await client.send({ method: 'DELETE', path: `${pods}/${pod}?gracePeriodSeconds=0` })
    })
  } finally {
    told.stop()
    await client.close()
  }
  const arrivals = arrivalsOf(await recorder.messages())
  const events = await cluster.auditEvents()
  return deaths.map((death) => timesOf(death, arrivals, events))
}

/** They die one after the other, as crashes come: not all in the same instant. */
function shortLivedPod(name: string, index: number): object {
  const script = `echo starting; sleep 1.${index % 10}; echo 'the end'; exit 1`
  const container = { name: 'main', image: busyboxImage, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script] }
  const quick = { restartPolicy: 'Never', automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 }
  return { metadata: { name }, spec: { ...quick, containers: [container] } }
}

/** As the container runtime took it: `2026-01-01T12:00:00.123456789Z the end`. */
async function timeOfLastLine(cluster: Cluster, pod: string): Promise<number> {
  const { status, body } = await cluster.request(`${pods}/${pod}/log?timestamps=true&tailLines=1`)
  const [time = '', ...words] = body.trim().split(' ')
  if (status !== 200 || words.join(' ') !== 'the end') throw new Error(`the log of ${pod}: ${status} ${body}`)
  return preciseMs(time)
}

/** With what is below a millisecond. */
function preciseMs(time: string): number {
  const [, seconds = '', fraction = '0'] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? []
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1_000
}

interface Payload {
  readonly firing: readonly { readonly labels: Readonly<Record<string, string>>; readonly attachment?: object }[]
}

type Arrival = Pick<CrashTimes, 'arrivedMs' | 'hasLog'>

/** The first message about each pod. */
function arrivalsOf(messages: readonly RecordedMessage[]): Map<string, Arrival> {
  const arrivals = new Map<string, Arrival>()
  for (const { atNs, body } of messages) {
    for (const { labels, attachment } of (JSON.parse(body) as Payload).firing) {
      const { pod } = labels
      if (pod === undefined || arrivals.has(pod)) continue
      arrivals.set(pod, { arrivedMs: Number(BigInt(atNs)) / 1e6, hasLog: attachment !== undefined })
    }
  }
  return arrivals
}

interface StatusPatch {
  readonly status?: { readonly containerStatuses?: readonly { readonly state?: { readonly terminated?: object } }[] }
}

/** The kubelet looks once a second: its first write after the death often tells of the start yet. */
const tellsOfEnd = ({ requestObject }: AuditEvent): boolean =>
  ((requestObject as StatusPatch | undefined)?.status?.containerStatuses ?? []).some(
    ({ state }) => (state?.terminated ?? undefined) !== undefined,
  )

function timesOf({ pod, diedMs }: Death, arrivals: ReadonlyMap<string, Arrival>, events: readonly AuditEvent[]) {
  const arrival = arrivals.get(pod)
  const ofPod = events.filter(({ objectRef }) => objectRef?.resource === 'pods' && objectRef.name === pod)
  const knownMs = firstOf(ofPod.filter(isKubeletsWord).map(({ stageTimestamp }) => preciseMs(stageTimestamp)))
  const questions = ofPod.filter(isLogQuestion)
  const askedMs = firstOf(questions.map(({ requestReceivedTimestamp }) => preciseMs(requestReceivedTimestamp)))
  if (arrival === undefined || knownMs === undefined || askedMs === undefined)
    throw new Error(`the audit log has no status of ${pod} after its end, or no question for its log`)
  const answeredMs = Math.max(...questions.map(({ stageTimestamp }) => preciseMs(stageTimestamp)))
  return { diedMs, knownMs, askedMs, answeredMs, ...arrival }
}

/** The kubelet's write that tells of the death. */
function isKubeletsWord(event: AuditEvent): boolean {
  const { verb, user, objectRef } = event
  const isStatus = verb === 'patch' && objectRef?.subresource === 'status' && user.username.startsWith('system:node:')
  return isStatus && tellsOfEnd(event)
}

/** Dogwatch's, and not that of the benchmark itself. */
function isLogQuestion({ objectRef, userAgent = '', stage }: AuditEvent): boolean {
  return objectRef?.subresource === 'log' && userAgent.startsWith('dogwatch/') && stage === 'ResponseComplete'
}

function firstOf(timesMs: readonly number[]): number | undefined {
  return timesMs.toSorted((a, b) => a - b)[0]
}
