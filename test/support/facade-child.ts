/**
 * A program on the operator's base class alone: `node facade-child.ts KUBECONFIG`. It watches config maps, prints each event,
 * stops when its standard input ends, prints the sockets that are left, and has to end by itself.
 */
import type { ResourceEvent } from '@dot-i/k8s-operator'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { Operator } from '../../src/controller/operator.ts'
import { createKubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'

class ConfigMapOperator extends Operator {
  protected override async init(): Promise<void> {
    await this.watchResource('', 'v1', 'configmaps', (event) => this.#print(event))
  }

  async #print({ type, meta }: ResourceEvent): Promise<void> {
    console.log(`${type} ${meta.namespace}/${meta.name}`)
  }
}

const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig: process.argv[2] }), systemClock)
const surroundings = { clock: systemClock, logger: silentLogger }
const client = createKubeClient({ credentials, clock: systemClock })
const cache = new WatchCache({ client, ...surroundings })
const operator = new ConfigMapOperator({ client, cache, ...surroundings })
await operator.start()
console.log('started')
for await (const _ of process.stdin);
await operator.stop()
await cache.stop()
await client.close()
const sockets = process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name))
console.log(`sockets left: ${sockets.length}`)
