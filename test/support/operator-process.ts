/** `dogwatch operator` from source as a process of its own, with all that it says. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Message } from '../../src/model/message.ts'
import { eventually } from './eventually.ts'

const program = join(import.meta.dirname, '../../src/bin/dogwatch.ts')

/** What a console receiver printed: a head line and indented facts. */
export interface Printed {
  readonly at: string
  /** `WARNING`, `STILL CRITICAL`, `RESOLVED`, `CLOSED`. */
  readonly word: string
  readonly title: string
  readonly lines: string[]
}

export interface LogLine {
  readonly time: string
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

export interface OperatorProcessOptions {
  readonly kubeconfig: string
  readonly dataDir: string
  readonly flags?: readonly string[]
}

/** Ends with the process that started it, however that ends. */
export class OperatorProcess {
  readonly messages: Printed[] = []
  readonly log: LogLine[] = []
  /** Lines of standard error that are no JSON. */
  readonly strayLines: string[] = []
  readonly #child: ChildProcess
  readonly #dataDir: string
  readonly #exited: Promise<unknown>

  constructor({ kubeconfig, dataDir, flags = [] }: OperatorProcessOptions) {
    this.#dataDir = dataDir
    const own = ['operator', '--kubeconfig', kubeconfig, '--data-dir', dataDir, '--listen', '127.0.0.1:0']
    const command = ['--pdeathsig', 'KILL', process.execPath, program, ...own, ...flags]
    // Nothing that this machine is configured for may reach it.
    const env = { PATH: process.env.PATH, HOME: dataDir, KUBECONFIG: join(dataDir, 'absent') }
    const child = spawn('setpriv', command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    createInterface({ input: child.stdout }).on('line', (line) => this.#onPrinted(line))
    createInterface({ input: child.stderr }).on('line', (line) => this.#onLogged(line))
    this.#exited = once(child, 'exit')
    this.#child = child
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** All that it printed and logged, as one text. */
  get output(): string {
    return JSON.stringify([this.messages, this.log, this.strayLines])
  }

  async working(): Promise<this> {
    await this.says('Operator is working')
    return this
  }

  says(message: string): Promise<LogLine> {
    const found = () => this.log.find((line) => line.message === message)
    return eventually(`the operator logs "${message}"`, found, 60_000, () => this.log.slice(-5))
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const { port } = await this.says('Operator is starting')
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) })
    return { status: answer.status, text: await answer.text() }
  }

  /** Messages whose title begins so. */
  about(subject: string, from = 0): Printed[] {
    return this.messages.slice(from).filter(({ title }) => title.startsWith(subject))
  }

  /** The first message about a subject with this word, once it is there. */
  tells(word: string, subject: string, from = 0): Promise<Printed> {
    const found = () => this.about(subject, from).find((message) => message.word === word)
    const show = () => [this.messages.slice(-5), this.log.slice(-5)]
    return eventually(`${word} ${subject}`, found, 60_000, show)
  }

  /** What a file receiver wrote, one alert a line. */
  async fileMessages(namespace: string, name: string): Promise<Message[]> {
    const text = await readFile(join(this.#dataDir, 'receivers', namespace, name), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves with how it ended, and after how long. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; afterMs: number }> {
    const startMs = performance.now()
    if (this.isRunning) this.#child.kill(signal)
    await this.#exited
    return { code: this.#child.exitCode, afterMs: performance.now() - startMs }
  }

  #onPrinted(line: string): void {
    if (line.startsWith('    ')) {
      this.messages.at(-1)?.lines.push(line.trim())
      return
    }
    const [at = '', word = '', ...title] = line.split('  ')
    this.messages.push({ at, word, title: title.join('  '), lines: [] })
  }

  #onLogged(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine)
    } catch {
      this.strayLines.push(line)
    }
  }
}
