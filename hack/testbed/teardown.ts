import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { clearHost, killPodProcesses } from './node-host.ts'
import { killProcessesOf } from './processes.ts'
import type { Teardown } from './registry.ts'
import { runCommand } from './run-command.ts'

/** Mount points below a folder, the deepest first. */
export function mountsUnder(folder: string, mounts: string = readFileSync('/proc/self/mounts', 'utf8')): string[] {
  return mounts
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => path.startsWith(`${folder}/`))
    .sort()
    .reverse()
}

/** One unmount can take others with it, so that theirs fail; `removeFolder` sees whether any is left. */
async function unmountAll(folder: string): Promise<void> {
  for (const path of mountsUnder(folder)) await runCommand('umount', ['--lazy', path])
}

/** Deleting through a mount would delete what is mounted there, perhaps the machine's own files. */
async function removeFolder(folder: string): Promise<void> {
  const mounts = mountsUnder(folder)
  if (mounts.length > 0) throw new Error(`${folder} is kept, these mounts are still in it: ${mounts.join(', ')}`)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

async function killPods(): Promise<void> {
  for (let round = 0; round < 200 && killPodProcesses() > 0; round++) await sleep(50)
}

/**
 * Takes a cluster from this machine whatever state it is in. A clean stop and the clearing of a killed test's
 * leftovers are this one function: nothing in a testbed is worth a graceful end.
 */
export const teardown: Teardown = async ({ dir, node }) => {
  await killProcessesOf(dir)
  if (node) {
    await killPods()
    await unmountAll(dir)
    await clearHost(dir)
  }
  await removeFolder(dir)
}
