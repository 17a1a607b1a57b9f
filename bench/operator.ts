import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnProgram } from './children.ts'
import { cpuOf, memoryOf } from './measure.ts'
import { shippedEnvironment } from './programs.ts'
import type { BenchContext } from './work.ts'

const pollMs = 50
let operators = 0

/** The operator as it ships, run against a cluster whose kinds are installed. */
export class OperatorProcess {
  readonly #child: ChildProcess
  readonly #startedMs = performance.now()
  readonly #port: Promise<number>
  #errors = ''
  /** A folder of its own, which stays when it ends. */
  readonly dataDir: string

  constructor(context: BenchContext, kubeconfig: string, flags: readonly string[] = []) {
    operators += 1
    this.dataDir = join(context.folder, `operator-${operators}`)
    const args = ['operator', '--kubeconfig', kubeconfig, '--listen', '127.0.0.1:0']
    const data = ['--data-dir', this.dataDir]
    this.#child = spawnProgram(context.programs.dogwatch, [...args, ...data, ...flags], {
      env: shippedEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#port = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code) => reject(new Error(`the operator ended with ${code}: ${this.#errors}`)))
      createInterface({ input: this.#child.stderr! }).on('line', (line) => {
        this.#errors = `${this.#errors}${line}\n`.slice(-1500)
        const port = /"port":(\d+)/.exec(line)?.[1]
        if (port !== undefined) resolve(Number(port))
      })
    })
    this.#port.catch(() => {})
  }

  /** Resolves with the milliseconds since the process was started. */
  async untilSynced(expected: Readonly<Record<string, number>>, timeoutMs = 180_000): Promise<number> {
    const port = await this.#port
    for (;;) {
      const metrics = await this.#metrics(port)
      const elapsedMs = performance.now() - this.#startedMs
      if (Object.entries(expected).every(([resource, count]) => isSynced(metrics, resource, count))) return elapsedMs
      if (elapsedMs > timeoutMs) throw new Error(`the operator has not synced within ${timeoutMs} ms: ${this.#errors}`)
      await sleep(pollMs)
    }
  }

  async #metrics(port: number): Promise<string> {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    } catch (cause) {
      throw new Error(`the operator does not answer; its last words: ${this.#errors}`, { cause })
    }
  }

  /** The value of a series, as `name{label="value"}`; 0 where there is none. */
  async metric(series: string): Promise<number> {
    const line = (await this.#metrics(await this.#port)).split('\n').find((text) => text.startsWith(`${series} `))
    return Number(line?.slice(series.length + 1) ?? 0)
  }

  /** User and system time so far. */
  cpuMs(): number {
    return cpuOf(this.#child.pid as number)
  }

  memory(): { rssBytes: number; peakBytes: number } {
    return memoryOf(this.#child.pid as number)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(timer)
  }
}

function isSynced(metrics: string, resource: string, count: number): boolean {
  const value = (name: string) =>
    Number(new RegExp(`^${name}\\{resource="${resource}"\\} (\\S+)$`, 'm').exec(metrics)?.[1])
  return value('dogwatch_watch_syncs_total') >= 1 && value('dogwatch_watch_objects') >= count
}
