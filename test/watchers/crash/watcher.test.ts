/** What a route's fields make of crashes, from a pod's status to alert and record. */
import { expect } from 'chai'
import type { PodObject } from '../../../src/watchers/crash/enrich/pod-object.ts'
import { at } from '../../support/crash-pods.ts'
import { CrashWatcherLab } from '../../support/crash-watcher-lab.ts'
import { longWithSecret, secretPart } from '../../support/secret-text.ts'

const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'uid-of-web', controller: true }

function podOf(name: string, { metadata, spec, status }: Partial<PodObject> = {}): PodObject {
  return {
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, creationTimestamp: at(0), ...metadata },
    spec: { containers: [{ name: 'main', image: 'shop/web:1' }], nodeName: 'node-1', ...spec },
    status: { phase: 'Running', startTime: at(0), containerStatuses: [running], ...status },
  }
}

const running = { name: 'main', ready: true, restartCount: 0, state: { running: { startedAt: at(1) } } }
describe('the crash watcher', () => {
  let lab: CrashWatcherLab
  afterEach(() => lab?.stop())

  describe('of what others wrote', () => {
    it('tells and keeps no part of a secret, wherever a long cause loses its middle', async () => {
      lab = await CrashWatcherLab.start()
      lab.route({ grouping: { by: 'Pod' } })
      for (const [index, message] of longWithSecret.entries()) {
        lab.putPod(podOf(`web-${index}`, { metadata: { ownerReferences: [owner] } as never }))
        const status = { phase: 'Failed', reason: 'Evicted', message, containerStatuses: [] }
        lab.putPod(podOf(`web-${index}`, { status }))
      }
      await lab.toldWhen(longWithSecret.length)
      for (const said of [...lab.alerts, ...lab.records].map((one) => JSON.stringify(one))) {
        expect(said).to.match(/evicted by the kubelet: it said .*\[redacted\]/)
        expect(said).to.not.match(secretPart)
      }
    })
  })
})
