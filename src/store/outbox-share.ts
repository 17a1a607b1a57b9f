/** How much of the outbox's bytes retention does not make history pay for: what is beyond half of all. */
export function excessOfOutbox(outboxBytes: number, maxBytes: number): number {
  return Math.max(0, outboxBytes - maxBytes / 2)
}
