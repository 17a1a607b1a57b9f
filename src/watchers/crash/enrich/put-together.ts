import { plainText } from '../../../model/plain-text.ts'
import type { Redactor } from '../../../model/redaction.ts'
import type { Enrichment, EnrichRequest, Proof } from './enrichment.ts'
import { missingLines } from './missing.ts'
import type { Found } from './part.ts'

/** What a part found. */
export interface Finding extends Found {
  readonly what: string
}

/** One answer of all that was found. The log is redacted already; whatever else others wrote is here. */
export function putTogether({ sighting, logs, redactor }: EnrichRequest, findings: readonly Finding[]): Enrichment {
  const clean = (text: string) => redactor.redact(plainText(text))
  const lastWord = logs === undefined ? findings.find((finding) => finding.message !== undefined) : sighting
  const message = clean(wholeWords(lastWord?.message ?? '')).trim()
  const log = findings.find((finding) => finding.log !== undefined)?.log
  const proven = findings.find((finding) => finding.proven !== undefined)?.proven
  const facts = [...findings.flatMap(({ first = [] }) => first), ...findings.flatMap((finding) => finding.facts ?? [])]
  return {
    ...(log && { log }),
    ...(message !== '' && { message }),
    ...(proven && { proven: cleanProof(proven, redactor) }),
    facts: facts.map(clean),
    missing: missingLines(findings.map(({ what, missing = [] }) => ({ what, missing: missing.map(clean) }))),
  }
}

function cleanProof(proof: Proof, redactor: Redactor): Proof {
  return { ...proof, cause: redactor.redact(plainText(proof.cause)) }
}

/** What the kubelet takes at most, from the end: of the file, and of the log in its place (pkg/kubelet/container/runtime.go). */
const takenBytes = [4_096, 2_048]
/** A character that was cut in two takes some bytes more, or fewer. */
const slackBytes = 8

/** Without the first word where that may be the end of one: half a secret is known as none. */
function wholeWords(text: string): string {
  const bytes = Buffer.byteLength(text)
  const isCut = takenBytes.some((taken) => Math.abs(bytes - taken) <= slackBytes)
  return isCut ? text.replace(/^\S+/, '…') : text
}
