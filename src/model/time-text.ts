/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}
