/** One case's surroundings: its log, its processes, its recorders; gone without a trace when it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { PipelineProcess, type ProcessOptions } from './pipeline-process.ts'
import { heardOf, type Recorder } from './recorder.ts'
import type { Place } from './recorders.ts'

export class FaultLab implements Place {
  readonly folder: string
  readonly processes: PipelineProcess[] = []
  readonly #recorders = new Map<string, Recorder>()
  readonly #cleanups: (() => Promise<unknown>)[] = []
  #epoch = 0
  #markers = 0

  constructor(folder: string) {
    this.folder = folder
  }

  get receiversFolder(): string {
    return join(this.folder, 'receivers')
  }

  get store(): string {
    return join(this.folder, 'store')
  }

  /** Run backwards when the case ends. */
  onEnd(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup)
  }

  async add<R extends Recorder>(name: string, make: (place: Place) => Promise<R>): Promise<R> {
    const recorder = await make(this)
    this.#recorders.set(name, recorder)
    this.onEnd(() => recorder.stop())
    return recorder
  }

  recorder(name: string): Recorder {
    const found = this.#recorders.get(name)
    if (found === undefined) throw new Error(`no recorder ${name}`)
    return found
  }

  /** A process that leads the log next, with all receivers that there are recorders for. */
  async start(options: Partial<ProcessOptions> = {}): Promise<PipelineProcess> {
    const next = this.spawn(options)
    await next.says('leading')
    return next
  }

  spawn(options: Partial<ProcessOptions> = {}): PipelineProcess {
    this.#epoch += 1
    const { receiversFolder, store } = this
    const next = new PipelineProcess({ receiversFolder, store, epoch: this.#epoch, ...options })
    this.processes.push(next)
    this.onEnd(() => next.kill())
    for (const [name, recorder] of this.#recorders) this.introduce(next, name, recorder)
    return next
  }

  introduce(to: PipelineProcess, name: string, { secrets = [], channel }: Recorder): void {
    for (const secret of secrets) to.order({ do: 'secret', ...secret })
    to.receiver(name, channel)
  }

  async heard(receiver: string, about: string, what: string, withinMs = 30_000): Promise<void> {
    const isThere = async () => (await heardOf(this.recorder(receiver), about)).includes(what)
    const show = async () => [
      await heardOf(this.recorder(receiver), about),
      ...this.processes.flatMap(({ words }) => words.slice(-5)),
    ]
    await eventually(`${receiver} hears ${what} of ${about}`, isThere, withinMs, show)
  }

  /** An alert that comes after all that was to come: once it is there, what is not there did not come. */
  async mark(by: PipelineProcess, receiver: string, withinMs = 30_000): Promise<void> {
    this.#markers += 1
    const name = `marker-${this.#markers}`
    by.fire(name, { to: [receiver] })
    await this.heard(receiver, name, 'first', withinMs)
    await by.drained()
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Gives what `work` gives, and cleans up after it. */
export async function inLab<T>(work: (lab: FaultLab) => Promise<T>): Promise<T> {
  const lab = new FaultLab(await mkdtemp(join(tmpdir(), 'dogwatch-fault-')))
  try {
    return await work(lab)
  } finally {
    await lab.stop()
  }
}
