/** Runs other programs and says what they cost. */
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { spawnProgram } from './children.ts'

export interface Cost {
  readonly wallMs: number
  readonly userMs: number
  readonly systemMs: number
  /** The kernel's own account of the highest resident memory. */
  readonly peakBytes: number
}

export type Command = readonly [program: string, ...args: string[]]

/** Runs a command to its end with its output thrown away; rejects with its standard error when it fails. */
export async function measureCommand(measure: string, command: Command, env = process.env): Promise<Cost> {
  const child = spawnProgram(measure, command, { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const [errors, report] = await Promise.all([
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
    ended(child),
  ])
  if (report === '') throw new Error(`${command[0]} cannot be measured: ${errors}`)
  const { exitCode, ...cost } = JSON.parse(report)
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${errors.slice(-2000)}`)
  return cost
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString().trim()
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
}

/** A line of JSON that a benchmark program printed, and when it came, counted from the start of the process. */
export interface Phase {
  readonly phase: string
  readonly atMs: number
  readonly cpuMs: number
  readonly rssBytes: number
  readonly peakBytes: number
  readonly [field: string]: string | number
}

/** A program that tells its progress in lines of JSON. */
export class PhasedProgram {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #startedMs = performance.now()
  readonly #ended: Promise<number | null>
  #errors = ''

  constructor(command: Command, env = process.env) {
    const [program, ...args] = command
    this.#child = spawnProgram(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin?.on('error', () => {})
    this.#ended = ended(this.#child)
    this.#ended.catch(() => {})
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-1500)
    })
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Writes a line to the program's standard input. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** The program is to report what it has and end. */
  askToEnd(): void {
    this.#child.kill('SIGTERM')
  }

  /** The next line; rejects when the program ends first or says another phase. */
  async next(phase: string, timeoutMs = 180_000): Promise<Phase> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    const line = await this.#lines.next()
    clearTimeout(timer)
    const atMs = performance.now() - this.#startedMs
    if (line.done === true) throw new Error(`${this.#child.spawnargs[0]} ended before "${phase}": ${this.#errors}`)
    const parsed = { ...JSON.parse(line.value), atMs }
    if (parsed.phase !== phase) throw new Error(`expected phase "${phase}", got ${line.value}`)
    return parsed
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(timer)
  }
}

/** Resident memory of a running process, in bytes: now, and at its highest. */
export function memoryOf(pid: number): { rssBytes: number; peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}

/** Clock ticks a second, in which the kernel counts; 100 wherever Node runs on Linux. */
const ticksPerSecond = 100

/** User and system time of a running process so far. */
export function cpuOf(pid: number): number {
  // The name, in parentheses, may contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}
