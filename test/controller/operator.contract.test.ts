/** The base class replaces everything of @dot-i/k8s-operator that does I/O; what a new version of the package adds fails here. */
import dotI, { type ResourceEvent, ResourceEventType, type ResourceMeta } from '@dot-i/k8s-operator'
import { expect } from 'chai'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { Operator } from '../../src/controller/operator.ts'
import type { ApiRequest, KubeClient } from '../../src/kube/client.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import { type Poison, poisonPackage } from '../support/poison.ts'

/** Methods of the package that the base class leaves as they are, and why no I/O comes of them. */
const leftAsTheyAre: Record<string, string> = {
  handleResourceFinalizer: 'asks setResourceFinalizers, which is replaced, and the caller',
  resourceStatusRequest: 'called by setResourceStatus and patchResourceStatus alone, which are replaced',
  errorToJson: 'makes a text of an error',
}

const packageMethods = Object.getOwnPropertyNames(dotI.default.prototype).filter((name) => name !== 'constructor')
const ownMethods = Object.getOwnPropertyNames(Operator.prototype)

const meta: ResourceMeta = {
  id: 'capacitypolicies.dogwatch.dev/v1alpha1',
  name: 'one',
  namespace: 'default',
  resourceVersion: '7',
  apiVersion: 'dogwatch.dev/v1alpha1',
  kind: 'CapacityPolicy',
}

/** Opens what is protected, as a subclass sees it. */
class OpenOperator extends Operator {
  protected override async init(): Promise<void> {}

  // biome-ignore lint/suspicious/noExplicitAny: every method of the package is called by its name
  call(method: string, ...args: unknown[]): any {
    return (this as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args)
  }

  get packageState(): unknown[] {
    const { kubeConfig, k8sApi } = this
    return [kubeConfig, k8sApi]
  }
}

function setUp() {
  const requests: ApiRequest[] = []
  const client = {
    server: 'https://example.invalid:6443',
    requestJson: async (request: ApiRequest) => {
      requests.push(request)
      return { kind: 'CapacityPolicy', metadata: { name: 'one', namespace: 'default', uid: 'u', resourceVersion: '8' } }
    },
  } as unknown as KubeClient
  const cache = new WatchCache({ client, clock: systemClock, logger: silentLogger })
  return { operator: new OpenOperator({ client, cache, clock: systemClock, logger: silentLogger }), requests }
}

function anEvent(metadata: object, type = ResourceEventType.Added): ResourceEvent {
  return { meta, type, object: { metadata } }
}

describe('operator base class', () => {
  let poison: Poison

  beforeEach(() => {
    poison = poisonPackage()
  })

  afterEach(() => {
    poison.remove()
    expect(poison.touched).to.deep.equal([])
  })

  it('is the package’s class in shape', () => {
    const { operator } = setUp()
    expect(operator).to.be.instanceOf(dotI.default)
    for (const name of ['start', 'stop', 'watchResource', 'handleResourceFinalizer'] as const) {
      expect(packageMethods).to.include(name)
    }
  })

  it('replaces every method of the package but those that do no I/O', () => {
    const inherited = packageMethods.filter((name) => !ownMethods.includes(name))
    expect(inherited).to.have.members(Object.keys(leftAsTheyAre))
  })

  it('is made without the package’s constructor: no kubeconfig is read, no client is made', () => {
    const before = process.env.KUBECONFIG
    process.env.KUBECONFIG = '/nonexistent/kubeconfig'
    try {
      expect(setUp().operator.packageState).to.deep.equal([undefined, undefined])
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG
      else process.env.KUBECONFIG = before
    }
  })

  it('leaves nothing for the package’s private status request to work with', async () => {
    const { operator, requests } = setUp()
    let failure: unknown
    await operator.call('resourceStatusRequest', 'PUT', meta, {}).catch((error: unknown) => {
      failure = error
    })
    expect(failure).to.be.instanceOf(Error)
    expect(requests).to.deep.equal([])
  })

  it('hands no credentials out', async () => {
    const { operator } = setUp()
    for (const method of ['applyAxiosKubeConfigAuth', 'applyGaxiosKubeConfigAuth']) {
      const refusal = await operator.call(method, {}).catch((error: Error) => error.message)
      expect(refusal).to.include('send requests through the KubeClient')
    }
  })

  it('names the address of a resource on the client’s server', () => {
    const uri = setUp().operator.call('getCustomResourceApiUri', 'dogwatch.dev', 'v1alpha1', 'capacitypolicies', 'a')
    expect(uri).to.equal('https://example.invalid:6443/apis/dogwatch.dev/v1alpha1/namespaces/a/capacitypolicies')
  })

  it('refuses to watch a resource twice', async () => {
    const { operator } = setUp()
    const watch = () => operator.call('watchResource', '', 'v1', 'configmaps', async () => {})
    await watch()
    const refusal = await watch().catch((error: Error) => error.message)
    expect(refusal).to.include('configmaps is watched already')
    await operator.stop()
  })

  describe('the finalizer helper of the package', () => {
    const finalizer = 'dogwatch.dev/test'
    const never = async () => {
      throw new Error('nothing is to be deleted')
    }

    it('adds the finalizer through the replaced method, on the condition that nothing changed', async () => {
      const { operator, requests } = setUp()
      const isHandled = await operator.call('handleResourceFinalizer', anEvent({ name: 'one' }), finalizer, never)
      expect(isHandled).to.equal(true)
      expect(requests.map(({ method, body }) => ({ method, body }))).to.deep.equal([
        { method: 'PATCH', body: { metadata: { resourceVersion: '7', finalizers: [finalizer] } } },
      ])
    })

    it('runs the action and takes the finalizer away when the object is being deleted', async () => {
      const { operator, requests } = setUp()
      const event = anEvent({ name: 'one', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x/y', finalizer] })
      const acted: ResourceEvent[] = []
      await operator.call('handleResourceFinalizer', event, finalizer, async (one: ResourceEvent) => acted.push(one))
      expect(acted).to.deep.equal([event])
      expect(requests[0]?.body).to.deep.equal({ metadata: { resourceVersion: '7', finalizers: ['x/y'] } })
    })

    it('leaves an object alone that has the finalizer', async () => {
      const { operator, requests } = setUp()
      const event = anEvent({ name: 'one', finalizers: [finalizer] }, ResourceEventType.Modified)
      expect(await operator.call('handleResourceFinalizer', event, finalizer, never)).to.equal(false)
      expect(requests).to.deep.equal([])
    })
  })
})
