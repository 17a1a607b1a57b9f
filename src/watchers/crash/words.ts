/** Exit codes, signals and the kubelet's own words, for people. */
import { plainText } from '../../model/plain-text.ts'
import type { EndFacts } from './pod-facts.ts'

/** By number, as Linux counts them on x86 and ARM. */
const signals: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  1: ['SIGHUP', 'its terminal went away, or it was told to read its settings anew'],
  2: ['SIGINT', 'it was interrupted'],
  3: ['SIGQUIT', 'it was told to quit'],
  4: ['SIGILL', 'it met an instruction that this processor does not have'],
  5: ['SIGTRAP', 'it ran into a trap that no debugger took'],
  6: ['SIGABRT', 'it gave up by itself, as on a failed assertion'],
  7: ['SIGBUS', 'it used memory in a way that cannot be, or a file that is mapped became shorter'],
  8: ['SIGFPE', 'it divided by zero or so'],
  9: ['SIGKILL', 'cause unknown'],
  10: ['SIGUSR1', 'somebody sent it a signal that it does not handle'],
  11: ['SIGSEGV', 'it used memory that is not its own'],
  12: ['SIGUSR2', 'somebody sent it a signal that it does not handle'],
  13: ['SIGPIPE', 'nobody read any more what it wrote'],
  14: ['SIGALRM', 'its own alarm rang and it does not handle it'],
  15: ['SIGTERM', 'somebody told it to end'],
  24: ['SIGXCPU', 'it used up the processor time that it may have'],
  25: ['SIGXFSZ', 'it wrote a file larger than it may'],
  31: ['SIGSYS', 'it made a system call that it may not'],
}

const codes: Readonly<Record<number, string>> = {
  1: 'its own failure',
  2: 'its own failure, often a wrong argument or a mistake in a shell script',
  126: 'its command cannot be executed',
  127: 'a command was not found',
  128: 'it could not be started, or left with a wrong code',
  255: 'its own failure, or its end went unseen by the container runtime',
}

/** Who sends SIGKILL; nothing in the pod's status tells them apart. */
const killers =
  'it could be the kernel for want of memory, a failed liveness or startup probe, a time to end in peace that ran out, or a process beside it'

/** The signal that ended it, where it was one: a code above 128 says so by custom. */
export function signalOf({ exitCode, signal }: EndFacts): number | undefined {
  if (signal !== undefined) return signal
  return exitCode > 128 && exitCode - 128 in signals ? exitCode - 128 : undefined
}

/** How it ended and what that mostly means: `killed by SIGSEGV (exit code 139): it used memory that is not its own`. */
export function endWords(end: EndFacts): string {
  const signal = signalOf(end)
  if (signal === 9) return `killed by SIGKILL, cause unknown (exit code ${end.exitCode}): ${killers}`
  const meaning = signal === undefined ? codes[end.exitCode] : (signals[signal]?.[1] ?? 'somebody sent it')
  return meaning === undefined ? endName(end) : `${endName(end)}: ${meaning}`
}

/** How it ended, without why: `killed by SIGKILL (exit code 137)`. */
export function endName(end: EndFacts): string {
  const signal = signalOf(end)
  if (signal === undefined) return `ended with exit code ${end.exitCode}`
  return `killed by ${signals[signal]?.[0] ?? `signal ${signal}`} (exit code ${end.exitCode})`
}

const mostHeard = 8 * 1024

/**
 * What somebody else wrote, to become part of a cause: secrets are still in it. Of a text that nobody would read to its end only the
 * begin, without a torn word: half of a secret is known as none.
 */
export function heard(text: string): string {
  const plain = plainText(text)
  if (plain.length <= mostHeard) return plain
  const begin = plain.slice(0, mostHeard)
  return `${begin.slice(0, Math.max(begin.lastIndexOf(' '), begin.lastIndexOf('\n'), 0))} …`
}

const runtimeTale = 'unable to start container process: '

/** Of a container runtime's long tale the end, which says what is wrong. */
export function startWords(message: string): string {
  const at = message.lastIndexOf(runtimeTale)
  const told = at < 0 ? message : message.slice(at + runtimeTale.length)
  return heard(told.replace(/: unknown\s*$/, ''))
}
