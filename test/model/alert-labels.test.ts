import { expect } from 'chai'
import type { Alert } from '../../src/model/alert.ts'
import { alertLabels, matchLabels } from '../../src/model/alert-labels.ts'

function anAlert(change: Partial<Alert> = {}): Alert {
  return {
    ...{ key: 'k', rule: 'big-pod', severity: 'warning', state: 'firing', title: 't', lines: [] },
    policy: { kind: 'CapacityPolicy', namespace: 'team-a', name: 'pods', uid: 'u' },
    object: { kind: 'Pod', namespace: 'shop', name: 'web' },
    labels: { team: 'x', namespace: 'shop', pod: 'web', node: 'n', resource: 'cpu' },
    ...{ since: 's', at: 'a', clusterName: 'blue' },
    ...change,
  }
}

describe('labels that alerts are matched by', () => {
  it('are those of the policy and the object, and who says so', () => {
    expect(matchLabels(anAlert())).to.deep.equal({
      ...{ team: 'x', namespace: 'shop', pod: 'web', node: 'n', resource: 'cpu' },
      ...{ alertname: 'big-pod', rule: 'big-pod', severity: 'warning', policy: 'pods', policyNamespace: 'team-a' },
      ...{ kind: 'Pod', name: 'web', cluster: 'blue' },
    })
  })

  it('give the namespace of the object alone, whatever a policy calls its alerts', () => {
    const foreign = { namespace: 'victim', severity: 'info', policyNamespace: 'victim' }
    const labels = matchLabels(anAlert({ labels: foreign }))
    expect(labels).to.include({ namespace: 'shop', severity: 'warning', policyNamespace: 'team-a' })
    const node = matchLabels(anAlert({ object: { kind: 'Node', name: 'n' }, labels: foreign }))
    expect(node).not.to.have.property('namespace')
    const namespace = matchLabels(anAlert({ object: { kind: 'Namespace', name: 'shop' }, labels: {} }))
    expect(namespace).to.include({ namespace: 'shop', name: 'shop' })
  })

  it('all are in the table that people read', () => {
    const { team: _, ...own } = matchLabels(anAlert())
    expect(Object.keys(alertLabels)).to.include.members(Object.keys(own))
  })
})
