import type { Clock } from '../../../base/clock.ts'
import type { Redactor } from '../../../model/redaction.ts'

/** How long others wait at most while a text is redacted. */
const turnMs = 10

/** Redacts a text and lets others work in between. Rejects with the signal's reason when that is aborted first. */
export async function redactInTurns(
  text: string,
  { redactor, clock }: { readonly redactor: Redactor; readonly clock: Clock },
  signal: AbortSignal,
): Promise<string> {
  const steps = redactor.steps(text)
  for (let turnEndMs = clock.monotonicMs() + turnMs; ; ) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (clock.monotonicMs() < turnEndMs) continue
    await clock.sleep(0, signal)
    turnEndMs = clock.monotonicMs() + turnMs
  }
}
