import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Doomed {
  readonly dir: string
  readonly pids: readonly number[]
}

/** Starts a process that starts a cluster, and kills it (SIGKILL) when the cluster runs. */
export async function startAndKillOwner(flags: readonly string[] = []): Promise<Doomed> {
  const program = join(import.meta.dirname, 'doomed-cluster.ts')
  const owner = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(owner, 'exit')
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string]
  owner.kill('SIGKILL')
  await ended
  return JSON.parse(line) as Doomed
}
