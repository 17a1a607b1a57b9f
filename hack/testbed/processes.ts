/**
 * Processes as /proc shows them. Every process that a cluster starts carries the cluster's folder in its environment, so
 * that all of them can be found again, also those whose parent died before it could write down their numbers.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The environment variable that marks a cluster's processes with its folder. */
export const markVariable = 'DOGWATCH_TESTBED_DIR'

/** A process beyond doubt: a number alone is used again. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from the machine's start to the process's. */
  readonly startTicks: string
}

function readProc(pid: number | 'self', file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // The process ended, or is another user's: neither is one of ours.
    return ''
  }
}

/** The fields after the command's name, which may hold blanks and brackets itself. */
function statFields(pid: number | 'self'): readonly string[] {
  const stat = readProc(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function processIdentity(pid: number): ProcessIdentity | undefined {
  const startTicks = statFields(pid)[19]
  return startTicks === undefined ? undefined : { pid, startTicks }
}

/** A process that ended but was not waited for yet counts as ended. */
export function isRunning(identity: ProcessIdentity): boolean {
  const fields = statFields(identity.pid)
  return fields[19] === identity.startTicks && fields[0] !== 'Z'
}

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

const isZombie = (pid: number): boolean => statFields(pid)[0] === 'Z'

const isMarked = (pid: number, dir: string): boolean =>
  readProc(pid, 'environ').split('\0').includes(`${markVariable}=${dir}`)

/** Processes that a cluster started; what runs inside its pods is not among them. */
export function processesOf(dir: string): number[] {
  return allPids().filter((pid) => pid !== process.pid && !isZombie(pid) && isMarked(pid, dir))
}

export function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return readProc(pid, 'comm').trim()
  }
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ends all processes of a cluster at once, and those that they start meanwhile. */
export async function killProcessesOf(dir: string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const pids = processesOf(dir)
    if (pids.length === 0) return
    for (const pid of pids) signalProcess(pid, 'SIGKILL')
    await sleep(50)
  }
  const left = processesOf(dir).map((pid) => `${pid} (${programOf(pid)})`)
  throw new Error(`Processes of the testbed in ${dir} do not end: ${left.join(', ')}`)
}

export function requireLinux(): void {
  if (process.platform === 'linux' && existsSync('/proc/self/environ')) return
  throw new Error('The testbed runs on Linux only: it finds its processes through /proc')
}

/** Changes with every start of the machine. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
