/** A pipeline in a process of its own, which a test feeds, kills, stops and listens to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Grouping } from '../../../src/model/alert.ts'
import { eventually } from '../eventually.ts'
import { alertNamed, routeOf } from '../pipeline-world.ts'
import type { Order, PipelineSettings, Word } from './protocol.ts'

const program = join(import.meta.dirname, 'pipeline-child.ts')

export interface ProcessOptions extends PipelineSettings {
  /** Goes before the program: what it runs under. */
  readonly under?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Raised {
  readonly to: readonly string[]
  readonly group?: string
  readonly grouping?: Partial<Grouping>
}

export class PipelineProcess {
  readonly words: Word[] = []
  /** Of standard output: what console receivers printed. */
  readonly printed: string[] = []
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>

  constructor({ under = [], env = {}, ...settings }: ProcessOptions) {
    const command = ['--pdeathsig', 'KILL', ...under, process.execPath, program, JSON.stringify(settings)]
    const child = spawn('setpriv', command, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, ...env },
    })
    child.on('message', (word: Word) => this.words.push(word))
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) =>
      this.printed.push(line),
    )
    this.#gone = once(child, 'close')
    this.#child = child
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get signalCode(): string | null {
    return this.#child.signalCode
  }

  /** Reasons of failed deliveries, in order. */
  get failures(): { receiver: string; reason: string; message: string }[] {
    return this.words.filter((word) => word.is === 'failed')
  }

  order(order: Order): void {
    // What is said to a process that is gone is lost, as it is meant to be.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }

  receiver(name: string, channel: object): void {
    this.order({ do: 'receiver', name, channel })
  }

  fire(name: string, raised: Raised): void {
    this.#put(name, 'firing', raised)
  }

  resolve(name: string, raised: Raised): void {
    this.#put(name, 'resolved', raised)
  }

  /** The first word of this kind from `from` on. */
  says(is: Word['is'], from = 0): Promise<Word> {
    const found = () => this.words.slice(from).find((word) => word.is === is)
    return eventually(`the pipeline says ${is}`, found, 60_000, () => this.words.slice(-5))
  }

  /** Resolves when it sends nothing. */
  async drained(): Promise<void> {
    const before = this.words.length
    this.order({ do: 'drain' })
    await this.says('drained', before)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves when it has stopped itself: SIGSTOP. */
  async asleep(): Promise<void> {
    const state = async () => /^State:\s+(\S)/m.exec(await readFile(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]
    await eventually('the pipeline sleeps', async () => (await state()) === 'T')
  }

  async gone(): Promise<void> {
    await this.#gone
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL')
    await this.#gone
  }

  #put(name: string, state: 'firing' | 'resolved', { to, group = name, grouping = {} }: Raised): void {
    const at = new Date().toISOString()
    const alert = { ...alertNamed(name, { state }), since: at, at }
    this.order({ do: 'put', alert, route: routeOf(name, { to, group, grouping }) })
  }
}
