import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { whileNobodySweeps } from '../../hack/testbed/registry.ts'

export interface Doomed {
  readonly dir: string
  readonly pids: readonly number[]
}

/**
 * Starts a process that starts a cluster, and kills it (SIGKILL) when the cluster runs. `look` sees what is left: until it
 * resolves, no start of another test clears that.
 */
export async function startAndKillOwner(
  flags: readonly string[],
  look: (doomed: Doomed) => Promise<void>,
): Promise<Doomed> {
  const program = join(import.meta.dirname, 'doomed-cluster.ts')
  const owner = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(owner, 'exit')
  const [line] = (await once(createInterface(owner.stdout), 'line')) as [string]
  const doomed = JSON.parse(line) as Doomed
  await whileNobodySweeps(async () => {
    owner.kill('SIGKILL')
    await ended
    await look(doomed)
  })
  return doomed
}
