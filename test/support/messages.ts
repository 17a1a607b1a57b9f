/** Alerts and messages as the pipeline makes them. */
import type { Alert } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import type { DeliveryContext, IncidentData } from '../../src/notify/notifier.ts'

export function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'dogwatch-system/nodes/node-cpu/Node//node-1///cpu',
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'nodes', uid: 'uid' },
    rule: 'node-cpu',
    severity: 'critical',
    state: 'firing',
    object: { kind: 'Node', name: 'node-1' },
    title: 'Node node-1: cpu requests at 93.1%, above 80%',
    lines: ['3.72 of 4 cpu requested, since 12:00:05', 'next: kubectl describe node node-1'],
    labels: { team: 'platform' },
    runbookURL: 'https://runbooks.example/node-cpu',
    clusterName: 'blue',
    since: '2026-01-01T12:00:05Z',
    at: '2026-01-01T12:05:05Z',
    ...changes,
  }
}

export function aMessage(changes: Partial<Message> = {}): Message {
  const firing = changes.firing ?? (changes.ended === undefined ? [anAlert()] : [])
  const ended = changes.ended ?? []
  return {
    id: '6f7f0b0e-8d55-4a3c-9e09-7d2f6b1f2a11',
    incident: '0b8f3d52-4f2c-4f8e-8a77-0c9c1f4ad001',
    reason: 'first',
    at: '2026-01-01T12:05:05Z',
    clusterName: 'blue',
    severity: 'critical',
    labels: { team: 'platform' },
    firing,
    ended,
    counts: { firing: firing.length, ended: ended.length },
    isPossibleRepeat: false,
    ...changes,
  }
}

/** A first delivery whose calls go into no log. */
export function aContext(incident: IncidentData = {}): DeliveryContext {
  return { signal: new AbortController().signal, incident, steps: { run: async (_name, call) => call() } }
}
