/** A pod's alert is held back where its node's was told: the node's is the cause, and it was the louder of the two. */
import type { Alert } from '../model/alert.ts'
import { rank } from './compose.ts'

/** What one receiver was told of nodes. */
export class ToldNodes {
  readonly #byNode = new Map<string, Map<string, Alert>>()

  add(alert: Alert): void {
    if (alert.object.kind !== 'Node') return
    const alerts = this.#byNode.get(alert.object.name) ?? new Map()
    this.#byNode.set(alert.object.name, alerts.set(alert.key, alert))
  }

  /** Whether something was known. */
  remove(alert: Alert): boolean {
    const alerts = this.#byNode.get(alert.object.name)
    const isKnown = alerts?.delete(alert.key) === true
    if (alerts?.size === 0) this.#byNode.delete(alert.object.name)
    return isKnown
  }

  clear(): void {
    this.#byNode.clear()
  }

  isCauseOf(alert: Alert): boolean {
    const { node } = alert.labels
    if (alert.object.kind !== 'Pod' || node === undefined) return false
    return [...(this.#byNode.get(node)?.values() ?? [])].some((cause) => explains(cause, alert))
  }
}

/** The same resource, where both are about one; and a warning never hides what is critical. */
function explains(cause: Alert, alert: Alert): boolean {
  const [one, other] = [cause.labels.resource, alert.labels.resource]
  const isSameThing = one === undefined || other === undefined || one === other
  return isSameThing && cause.clusterName === alert.clusterName && rank(cause.severity) >= rank(alert.severity)
}
