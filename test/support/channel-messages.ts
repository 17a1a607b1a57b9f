/** Messages and alerts as the pipeline makes them, for tests of channels. */
import type { Alert } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import { composeMessage, type MessageContent } from '../../src/notify/compose.ts'

export function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'policy-uid/node-cpu/Node//node-1/cpu',
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'nodes', uid: 'policy-uid' },
    rule: 'node-cpu',
    severity: 'critical',
    state: 'firing',
    object: { kind: 'Node', name: 'node-1', uid: 'node-uid' },
    title: 'Node node-1: cpu requests at 93.1%, above 80%',
    lines: ['3.72 of 4 cpu requested', 'next: kubectl describe node node-1'],
    labels: { team: 'platform', resource: 'cpu', node: 'node-1' },
    runbookURL: 'https://runbooks.example/node-cpu',
    clusterName: 'blue',
    since: '2026-01-01T12:00:05Z',
    at: '2026-01-01T12:05:05Z',
    ...changes,
  }
}

/** As the pipeline makes it: of `firing` and `ended` the counts, the labels and the severity follow. */
export function aMessage(changes: Partial<MessageContent> = {}): Message {
  return composeMessage({
    ...{ id: 'message-1', incident: 'incident-1', reason: 'first', nowMs: Date.UTC(2026, 0, 1, 12, 6) },
    ...{ clusterName: 'blue', firing: [anAlert()], ended: [], dropped: 0, isPossibleRepeat: false },
    slackChannel: undefined,
    ...changes,
  })
}

/** Alerts of one rule on nodes of their own. */
export function manyAlerts(count: number, changes: Partial<Alert> = {}): Alert[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`
    const title = `Node ${name}: cpu requests at 93.1%, above 80%`
    return anAlert({ key: `key-${index + 1}`, object: { kind: 'Node', name }, title, ...changes })
  })
}
