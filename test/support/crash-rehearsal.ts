/**
 * Crashes of pretended pods before the crash engine, through kills of its process and rollbacks of the cluster. Everything that
 * the engine writes counts once it is durable: a kill takes away what was written last.
 */
import type { PodFacts } from '../../src/watchers/crash/pod-facts.ts'
import type { ContainerStateObject } from '../../src/watchers/crash/pod-object.ts'
import { CrashLab } from './crash-lab.ts'
import { ended, noonMs, podWith, running, waiting } from './crash-pods.ts'

const spec = { grouping: { healthyFor: '60s' } }

interface Pod {
  readonly name: string
  readonly uid: string
  readonly workload: string
  /** How often it has crashed. */
  readonly crashes: number
  /** Of the run that crashed last: no two runs have the same, whatever is rolled back. */
  readonly run: number
  readonly how: 'running' | 'ready' | 'waiting' | 'ended'
  /** The end before that, which the kubelet shows while nothing runs. */
  readonly before: ContainerStateObject
  /** The clock when it crashed last, in seconds after noon. */
  readonly crashedAt: number
}

/** An alert as people heard of it, and the crash that it was told for. */
export interface Heard {
  readonly key: string
  readonly state: string
  readonly crashId: string | undefined
  /** A run that ended; otherwise that a container waits to be started. */
  readonly isCrash: boolean
}

interface Durable {
  readonly facts: ReadonlyMap<string, string>
  readonly heard: readonly Heard[]
  /** How many crashes each record stands for; the first one that is written of an id is kept. */
  readonly history: ReadonlyMap<string, { readonly uid: string; readonly crashes: number }>
}

const nothing: Durable = { facts: new Map(), heard: [], history: new Map() }

export class CrashRehearsal {
  #pods = new Map<string, Pod>()
  #lab = new CrashLab([spec])
  /** After each thing that was done, the newest last. */
  #written: Durable[] = []
  #isUp = true
  #made = 0
  #runs = 0
  #snapshot: ReadonlyMap<string, Pod> = new Map()
  /** Of each pod how many crashes some process has seen of it, by UID. */
  readonly seen = new Map<string, number>()

  constructor() {
    this.#begin()
  }

  get heard(): readonly Heard[] {
    return this.#last.heard
  }

  get pods(): Pod[] {
    return [...this.#pods.values()]
  }

  /** By the UID of the pod: the crashes that the history has. */
  get kept(): Map<string, number> {
    const sums = new Map<string, number>()
    for (const { uid, crashes } of this.#last.history.values()) sums.set(uid, (sums.get(uid) ?? 0) + crashes)
    return sums
  }

  put(name: string): void {
    if (this.#pods.has(name)) return
    this.#made += 1
    const workload = name.slice(0, 1)
    this.#set({ name, uid: `u-${this.#made}`, workload, crashes: 0, run: 0, how: 'ready', crashedAt: 0, before: {} })
  }

  /** It ends, and is so until it is started again. */
  crash(name: string, how: 'running' | 'waiting' | 'ended'): void {
    this.#runs += 1
    const last = { run: this.#runs, how, crashedAt: this.#seconds } as const
    this.#change(name, (pod) => ({ ...pod, ...last, crashes: pod.crashes + 1, before: endOf(pod) }))
  }

  becomeReady(name: string): void {
    this.#change(name, (pod) => ({ ...pod, how: 'ready' }))
  }

  remove(name: string): void {
    if (!this.#pods.delete(name) || !this.#isUp) return
    this.#lab.engine.removePod({ namespace: 'shop', name })
    this.#write()
  }

  async pass(seconds: number): Promise<void> {
    await this.#lab.clock.advance(seconds * 1_000)
    if (!this.#isUp) return
    this.#lab.engine.settleAll()
    this.#write()
  }

  /** The oldest crash that is being looked into is handed on. */
  conclude(): void {
    if (!this.#isUp) return
    const [oldest] = this.#lab.waiting
    this.#lab.concludeOne()
    this.#write(oldest)
  }

  concludeAll(): void {
    while (this.#isUp && this.#lab.waiting.length > 0) this.conclude()
  }

  /** What was done last is lost with the process. */
  kill(lost: number): void {
    if (!this.#isUp) return
    this.#isUp = false
    if (lost > 0) this.#written = this.#written.slice(0, Math.max(1, this.#written.length - lost))
  }

  start(): void {
    if (this.#isUp) return
    this.#isUp = true
    const before = new CrashLab([spec], this.#lab)
    before.facts.clear()
    for (const [name, value] of this.#last.facts) before.facts.set(name, value)
    this.#lab = new CrashLab([spec], before)
    this.#begin()
  }

  saveSnapshot(): void {
    this.#snapshot = new Map(this.#pods)
  }

  /** The cluster is as it was; whoever watches it hears of what differs. */
  rollBack(): void {
    const before = this.#pods
    this.#pods = new Map(this.#snapshot)
    if (!this.#isUp) return
    for (const [name, { uid }] of before) {
      if (this.#pods.get(name)?.uid !== uid) this.#lab.engine.removePod({ namespace: 'shop', name })
    }
    for (const pod of this.#pods.values()) this.#lab.engine.putPod(factsOf(pod))
    this.#write()
  }

  get #last(): Durable {
    return this.#written.at(-1) ?? nothing
  }

  get #seconds(): number {
    return Math.round((this.#lab.clock.nowMs() - noonMs) / 1_000)
  }

  #begin(): void {
    this.#lab.isSlow = true
    for (const pod of this.#pods.values()) this.#see(pod)
    this.#lab.engine.begin()
    this.#write()
  }

  #change(name: string, change: (pod: Pod) => Pod): void {
    const pod = this.#pods.get(name)
    if (pod !== undefined) this.#set(change(pod))
  }

  #set(pod: Pod): void {
    this.#pods.set(pod.name, pod)
    if (!this.#isUp) return
    this.#see(pod)
    this.#write()
  }

  #see(pod: Pod): void {
    this.seen.set(pod.uid, Math.max(this.seen.get(pod.uid) ?? 0, pod.crashes))
    this.#lab.engine.putPod(factsOf(pod))
  }

  #write(crash?: { readonly id: string; readonly isKept: boolean }): void {
    const { heard, history } = this.#last
    const told = this.#lab.alerts.splice(0).map(({ key, state }) => {
      return { key, state, crashId: crash?.id, isCrash: crash?.isKept === true }
    })
    const records = new Map(history)
    for (const { id, pod, crashes } of this.#lab.records.splice(0)) {
      if (!records.has(id)) records.set(id, { uid: pod?.uid ?? '', crashes })
    }
    this.#written.push({ facts: new Map(this.#lab.facts), heard: [...heard, ...told], history: records })
    if (this.#written.length > 8) this.#written.shift()
  }
}

function endOf({ crashes, run, crashedAt }: Pod): ContainerStateObject {
  return crashes === 0 ? {} : ended({ id: `run-${run}`, code: 1, from: crashedAt - 1, to: crashedAt })
}

function factsOf(pod: Pod): PodFacts {
  const { name, uid, workload, crashes, how, crashedAt, before } = pod
  const uidOfOwner = `uid-of-${workload}`
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: workload, uid: uidOfOwner, controller: true }
  const states = {
    running: running(crashedAt),
    ready: running(crashedAt),
    waiting: waiting('CrashLoopBackOff', 'back-off 10s restarting'),
    ended: endOf(pod),
  }
  const restartCount = how === 'waiting' || how === 'ended' ? crashes - 1 : crashes
  return podWith(
    { state: states[how], lastState: how === 'ended' ? before : endOf(pod), restartCount, ready: how === 'ready' },
    { metadata: { name, uid, ownerReferences: [owner] } },
  )
}
