import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Part, PartContext } from './part.ts'
import { isRunning, markVariable, type ProcessIdentity, processIdentity, signalProcess } from './processes.ts'

const stopWithinMs = 90_000
const pollMs = 50
const shownLogLines = 25

/** A port of the part is taken; another choice of ports may work. */
export class PortTakenError extends Error {}

function logTail(path: string): string {
  if (!existsSync(path)) return '(no log)'
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-shownLogLines).join('\n')
}

/** One running part; a test may pause, kill and start it again. */
export class PartProcess {
  readonly part: Part
  readonly #context: PartContext
  readonly #binary: string
  readonly #endsWithParent: boolean
  #identity: ProcessIdentity | undefined
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(part: Part, context: PartContext, options: { binary: string; endsWithParent: boolean }) {
    this.part = part
    this.#context = context
    this.#binary = options.binary
    this.#endsWithParent = options.endsWithParent
  }

  get name(): string {
    return this.part.name
  }

  /** The process number; throws while the part does not run. */
  get pid(): number {
    if (this.#identity === undefined) throw new Error(`${this.name} was not started`)
    return this.#identity.pid
  }

  get isRunning(): boolean {
    return this.#identity !== undefined && isRunning(this.#identity)
  }

  get logFile(): string {
    return this.#context.files.log(this.name)
  }

  /** Starts the program; `waitReady` says when it serves. */
  async start(): Promise<void> {
    if (this.isRunning) return
    await this.part.prepare?.(this.#context)
    const [file, ...args] = this.#commandLine()
    const log = openSync(this.logFile, 'a')
    const child = spawn(file!, args, {
      cwd: this.#context.files.dir,
      detached: true,
      stdio: ['ignore', log, log],
      env: this.#environment(),
    })
    closeSync(log)
    child.on('error', () => undefined)
    child.unref()
    this.#child = child
    if (child.pid === undefined) throw new Error(`${file} cannot be run`)
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
    this.#identity = processIdentity(child.pid)
  }

  /** A part of a test's cluster is killed by the kernel when the test's process ends, however it ends. */
  #commandLine(): readonly string[] {
    const command = [this.#binary, ...this.part.args(this.#context)]
    return this.#endsWithParent ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command
  }

  #environment(): NodeJS.ProcessEnv {
    const path = `${dirname(this.#binary)}:${process.env.PATH ?? ''}:/usr/sbin:/sbin`
    return { HOME: this.#context.files.dir, PATH: path, [markVariable]: this.#context.files.dir }
  }

  /** Resolves when the part serves; rejects with the end of its log when it ends instead or is not ready in time. */
  async waitReady(withinMs: number = this.part.readyWithinMs ?? 60_000): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (!(await this.#isReady())) {
      if (!this.isRunning) throw this.#startError('ended')
      if (performance.now() > deadlineMs) throw this.#startError(`is not ready after ${withinMs / 1000} s`)
      await sleep(pollMs)
    }
  }

  async #isReady(): Promise<boolean> {
    if (!this.isRunning) return false
    try {
      return await this.part.isReady(this.#context)
    } catch {
      // Nothing listens yet.
      return false
    }
  }

  #startError(what: string): Error {
    const tail = logTail(this.logFile)
    const message = `${this.name} ${what}. The end of ${this.logFile}:\n${tail}`
    return tail.includes('address already in use') ? new PortTakenError(message) : new Error(message)
  }

  /** Stops it in its tracks (SIGSTOP): connections stay open and nothing answers. */
  pause(): void {
    signalProcess(this.pid, 'SIGSTOP')
  }

  resume(): void {
    signalProcess(this.pid, 'SIGCONT')
  }

  /**
   * Resolves when the process is gone. Asked politely (SIGTERM), an API server waits a minute for its watches to end; what
   * has not obeyed after 90 s is killed.
   */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.isRunning) return
    const { pid } = this
    signalProcess(pid, signal)
    // A paused process does not see a signal before it goes on, but for SIGKILL.
    signalProcess(pid, 'SIGCONT')
    const timer = setTimeout(() => signalProcess(pid, 'SIGKILL'), stopWithinMs)
    // Nothing else may be left that keeps this process waiting.
    this.#child?.ref()
    await this.#ended
    clearTimeout(timer)
  }

  /** Starts it again with the same flags, ended by `signal` if it still runs; resolves when it is ready. */
  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.kill(signal)
    await this.start()
    await this.waitReady()
  }
}
