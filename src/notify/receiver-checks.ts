/**
 * Whether receivers could deliver, found out before an alert depends on it: their Secrets are read each minute, and their
 * credentials tried when the receiver came or changed, when a Secret has another value, when one was refused, and each hour.
 * Nobody waits for a check: a status shows the last result.
 */
import { createHash } from 'node:crypto'
import type { Clock, Timer } from '../base/clock.ts'
import { DueQueue } from '../base/due-queue.ts'
import { errorText, hasCode } from '../base/errors.ts'
import { unlessAborted } from '../kube/call-deadline.ts'
import type { ReceiverReference } from '../model/alert.ts'
import type { Notifier, Preflight } from './notifier.ts'
import type { VersionedReference } from './receivers.ts'
import type { SecretReference, Secrets } from './secrets.ts'
import { receiverKey } from './thread.ts'

export interface CheckTarget extends VersionedReference {
  readonly notifier: Notifier
  readonly secrets: Secrets
  /** All that its spec names. */
  readonly secretReferences: readonly SecretReference[]
}

export interface Health {
  /** What is wrong with Secrets, for people; empty: nothing. */
  readonly secretProblems: readonly string[]
  /** Undefined where the channel cannot be asked, and while Secrets are missing. */
  readonly preflight: Preflight | undefined
}

export interface ReceiverChecksOptions {
  readonly clock: Clock
  /** Whether this process is the one that tells people: the others do not try credentials. */
  readonly mayCheck: () => boolean
  /** A result is another than before. */
  readonly onChange: (receiver: ReceiverReference) => void
  /** What was refused may be taken now: a Secret came or has another value, or the credentials work again. */
  readonly onMended: (receiver: ReceiverReference) => void
}

const secretsEveryMs = 60_000
const preflightEveryMs = 60 * 60_000
/** What failed may be mended at any time. */
const failedPreflightEveryMs = 5 * 60_000
const deadlineMs = 10_000
const mostUnderWay = 8

interface Watched {
  readonly target: CheckTarget
  health: Health | undefined
  /** Of the values of the Secrets that the last pre-flight used. */
  fingerprint: string | undefined
  preflightAtMs: number
}

export class ReceiverChecks {
  readonly #options: ReceiverChecksOptions
  readonly #watched = new Map<string, Watched>()
  readonly #due = new DueQueue()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #abort = new AbortController()
  #timer: Timer | undefined

  constructor(options: ReceiverChecksOptions) {
    this.#options = options
  }

  /** Checks a receiver from now on. Called again with the same version it only makes sure that checks go on. */
  watch(target: CheckTarget): void {
    const key = receiverKey(target)
    const hasAnything = target.secretReferences.length > 0 || target.notifier.preflight !== undefined
    if (!hasAnything) this.forget(target)
    else if (this.#watched.get(key)?.target.version !== target.version) {
      this.#watched.set(key, { target, health: undefined, fingerprint: undefined, preflightAtMs: 0 })
      this.#due.set(key, 0)
    }
    this.#pump()
  }

  forget(reference: ReceiverReference): void {
    const key = receiverKey(reference)
    this.#watched.delete(key)
    this.#due.delete(key)
  }

  /** A credential was not taken: it is read again, and tried within a minute. */
  refused(reference: ReceiverReference): void {
    const watched = this.#watched.get(receiverKey(reference))
    if (watched === undefined) return
    for (const secret of watched.target.secretReferences) watched.target.secrets.refused(secret)
    const { clock } = this.#options
    watched.preflightAtMs = Math.min(watched.preflightAtMs, clock.monotonicMs() + secretsEveryMs)
  }

  /** The last result; undefined while there is none. */
  healthOf(reference: ReceiverReference): Health | undefined {
    return this.#watched.get(receiverKey(reference))?.health
  }

  /** Whether this receiver is checked at all. */
  isChecked(reference: ReceiverReference): boolean {
    return this.#watched.has(receiverKey(reference))
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#timer?.cancel()
    await Promise.all(this.#underWay.values())
  }

  #pump(): void {
    const { clock, mayCheck } = this.#options
    this.#timer?.cancel()
    if (!mayCheck() || this.#abort.signal.aborted) return
    while (this.#underWay.size < mostUnderWay) {
      const key = this.#due.take(clock.monotonicMs())
      if (key === undefined) break
      this.#start(key)
    }
    const next = this.#due.first()
    if (next === undefined || this.#underWay.size >= mostUnderWay) return
    this.#timer = clock.after(Math.max(0, next.atMs - clock.monotonicMs()), () => this.#pump())
  }

  #start(key: string): void {
    const watched = this.#watched.get(key)
    if (watched === undefined || this.#underWay.has(key)) return
    const checking = this.#check(watched).finally(() => {
      this.#underWay.delete(key)
      const isCurrent = this.#watched.get(key) === watched
      if (isCurrent) this.#due.set(key, this.#options.clock.monotonicMs() + secretsEveryMs)
      else if (this.#watched.has(key)) this.#due.set(key, 0)
      this.#pump()
    })
    this.#underWay.set(key, checking)
  }

  async #check(watched: Watched): Promise<void> {
    const { clock, onChange, onMended } = this.#options
    const deadline = new AbortController()
    const timer = clock.after(deadlineMs, () => deadline.abort(new Error(`no answer within ${deadlineMs / 1_000} s`)))
    try {
      const { health: before, fingerprint } = watched
      watched.health = await this.#examine(watched, AbortSignal.any([deadline.signal, this.#abort.signal]))
      if (!isSame(before, watched.health)) onChange(watched.target)
      const isNew = !isUsable(before) || watched.fingerprint !== fingerprint
      if (before !== undefined && isNew && isUsable(watched.health)) onMended(watched.target)
    } finally {
      timer.cancel()
    }
  }

  async #examine(watched: Watched, signal: AbortSignal): Promise<Health> {
    const { target } = watched
    const { secretProblems, fingerprint } = await readSecrets(target, signal)
    if (secretProblems.length > 0) return { secretProblems, preflight: undefined }
    const nowMs = this.#options.clock.monotonicMs()
    const isDue = nowMs >= watched.preflightAtMs || fingerprint !== watched.fingerprint
    if (!isDue) return { secretProblems, preflight: watched.health?.preflight }
    const preflight = await tryCredentials(target.notifier, signal)
    const everyMs = preflight?.status === 'failed' ? failedPreflightEveryMs : preflightEveryMs
    watched.fingerprint = fingerprint
    watched.preflightAtMs = nowMs + everyMs
    if (preflight?.status === 'failed' && preflight.reason === 'auth') this.#letSecretsBeRead(target)
    return { secretProblems, preflight }
  }

  #letSecretsBeRead({ secrets, secretReferences }: CheckTarget): void {
    for (const reference of secretReferences) secrets.refused(reference)
  }
}

async function readSecrets(
  { secrets, secretReferences }: CheckTarget,
  signal: AbortSignal,
): Promise<{ secretProblems: string[]; fingerprint: string }> {
  const results = await Promise.allSettled(secretReferences.map((reference) => secrets.read(reference, signal)))
  const hash = createHash('sha256')
  for (const result of results) if (result.status === 'fulfilled') hash.update(`${result.value.length}:${result.value}`)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  return { secretProblems: [...new Set(errors.map(problemText))], fingerprint: hash.digest('hex') }
}

function problemText(error: unknown): string {
  return hasCode(error, 'SECRET_UNAVAILABLE') ? error.message : `Secrets cannot be read now: ${errorText(error)}`
}

async function tryCredentials(notifier: Notifier, signal: AbortSignal): Promise<Preflight | undefined> {
  try {
    if (notifier.preflight === undefined) return undefined
    return await unlessAborted(notifier.preflight(signal), signal)
  } catch (error) {
    return { status: 'failed', reason: signal.aborted ? 'timeout' : 'client', message: errorText(error) }
  }
}

function isUsable(health: Health | undefined): boolean {
  return health !== undefined && health.secretProblems.length === 0 && health.preflight?.status !== 'failed'
}

function isSame(one: Health | undefined, other: Health): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
