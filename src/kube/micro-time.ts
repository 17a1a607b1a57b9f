/** A Kubernetes MicroTime: RFC 3339 with six digits of fraction. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z')
}
