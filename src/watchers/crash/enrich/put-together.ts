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
  const message = clean(lastWord?.message ?? '').trim()
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
