/** What people do with the kinds, on a real API server: install, apply, look, share, ask. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { allKinds } from '../../src/api/kinds.ts'
import { establishKinds } from '../support/cluster-kinds.ts'
import { constraintsOf } from '../support/constraints.ts'

const root = join(import.meta.dirname, '../..')
const examples = join(root, 'examples')
const apiVersion = 'dogwatch.dev/v1alpha1'
const cpu = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }
const memory = { ...cpu, name: 'memory', resource: 'memory' }

const policy = (name: string, spec: object) => ({
  apiVersion,
  kind: 'CapacityPolicy',
  metadata: { name, namespace: 'default' },
  spec,
})

describe('kinds on a real API server', () => {
  let cluster: Cluster
  let established: { stdout: string; stderr: string }

  before(async function () {
    this.timeout(180_000)
    cluster = await startCluster()
    established = await establishKinds(cluster)
    await cluster.mustKubectl(['create', 'namespace', 'dogwatch-system'])
  })

  after(async function () {
    this.timeout(180_000)
    await cluster?.stop()
  })

  const get = async (path: string) => JSON.parse(await cluster.mustKubectl(['get', ...path.split(' '), '-o', 'json']))
  const applyAs = (manager: string, object: object) =>
    cluster.kubectl(['apply', '--server-side', `--field-manager=${manager}`, '-f', '-'], {
      input: JSON.stringify(object),
    })
  const writeStatus = (object: string, status: object) =>
    cluster.mustKubectl(['patch', object, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })])

  it('establish without a warning', async () => {
    expect(established.stderr).to.equal('')
    for (const { plural, group } of allKinds) {
      const { status } = await get(`crd ${plural}.${group}`)
      const types = status.conditions.filter((condition: { status: string }) => condition.status === 'True')
      expect(types.map(({ type }: { type: string }) => type)).to.have.members(['NamesAccepted', 'Established'])
    }
  })

  it('need a spec', async () => {
    for (const { kind } of allKinds) {
      const object = { apiVersion, kind, metadata: { name: 'no-spec', namespace: 'default' } }
      const { code, stderr } = await applyAs('test', object)
      expect(code).to.equal(1)
      expect(stderr).to.include('spec: Required value')
    }
  })

  it('refuse a field that is not there, instead of dropping it', async () => {
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify(policy('typo', { rules: [{ ...cpu, treshold: 3 }] })),
    })
    expect(code).to.equal(1)
    expect(stderr).to.include('unknown field "spec.rules[0].treshold"')
  })

  it('take the examples; afterwards there is no difference, applied from either side', async function () {
    this.timeout(180_000)
    const ways = { 'by the client': [], 'by the server': ['--server-side', '--force-conflicts'] }
    for (const [way, flags] of Object.entries(ways)) {
      const applied = await cluster.kubectl(['apply', ...flags, '-f', examples])
      expect(applied, way).to.include({ code: 0, stderr: '' })
      const difference = await cluster.kubectl(['diff', ...flags, '-f', examples])
      expect(difference, way).to.deep.equal({ code: 0, stdout: '', stderr: '' })
    }
  })

  /** A receiver has one channel: what the API server makes of several, as one. */
  async function specsOfReceivers(specs: readonly object[]): Promise<object> {
    const stored = specs.map(async (spec, index) => {
      const metadata = { name: index === 0 ? 'defaults' : `defaults-${index}`, namespace: 'default' }
      await applyAs('test', { apiVersion, kind: 'AlertReceiver', metadata, spec })
      return (await get(`recv ${metadata.name}`)).spec as object
    })
    return Object.assign({}, ...(await Promise.all(stored)))
  }

  it('fill in every default of the schemas', async () => {
    await applyAs('test', policy('defaults', { rules: [cpu], reminder: {} }))
    const spec = await specsOfReceivers([
      { file: {}, hours: { active: [{}] }, heartbeat: {} },
      { pagerduty: { routingKeySecretRef: { name: 'pagerduty', key: 'routing-key' } } },
      { slack: { tokenSecretRef: { name: 'slack', key: 'token' }, channel: '#ops' } },
      { email: { host: 'smtp.example.com', from: 'dogwatch@example.com', to: ['oncall@example.com'] } },
    ])
    await applyAs('test', {
      apiVersion,
      kind: 'Silence',
      metadata: { name: 'defaults', namespace: 'default' },
      spec: { matchers: [{ name: 'pod', value: 'x' }], duration: '1h' },
    })
    const sparse = [
      { name: 'sparse', spec: {} },
      { name: 'sparse-groups', spec: { logs: {}, grouping: {} } },
    ]
    for (const { name, spec: written } of sparse) {
      await applyAs('test', {
        apiVersion,
        kind: 'CrashAlertRoute',
        metadata: { name, namespace: 'default' },
        spec: written,
      })
    }
    const crashRoute = await get('crar sparse')
    expect((await get('crar sparse-groups')).spec).to.deep.equal(crashRoute.spec)
    const stored = {
      CapacityPolicy: await get('capp defaults'),
      CrashAlertRoute: crashRoute,
      AlertReceiver: { spec },
      Silence: await get('sil defaults'),
    }
    const defaults = allKinds.flatMap(constraintsOf).filter(({ keyword }) => keyword === 'default')
    expect(defaults).to.have.length(34)
    for (const { kind, path, value } of defaults) {
      const found = path.reduce((holder, step) => holder[step === '[]' ? 0 : step], stored[kind as keyof typeof stored])
      // An object that defaults to {} then has its members' own defaults.
      const isEmpty = JSON.stringify(value) === '{}'
      if (isEmpty) expect(found, path.join('.')).to.be.an('object')
      else expect(found, path.join('.')).to.deep.equal(value)
    }
  })

  it('let two managers share a policy, each with rules of its own', async () => {
    const names = async () =>
      (await get('capp shared')).spec.rules.map(({ name, above }: typeof cpu) => `${name} ${above}`)
    await applyAs('team-a', policy('shared', { rules: [cpu] }))
    expect(await applyAs('team-b', policy('shared', { rules: [memory] }))).to.include({ code: 0 })
    expect(await names()).to.deep.equal(['cpu 80', 'memory 80'])

    await applyAs('team-a', policy('shared', { rules: [{ ...cpu, above: 70 }] }))
    expect(await names()).to.deep.equal(['cpu 70', 'memory 80'])

    const meddling = await applyAs('team-b', policy('shared', { rules: [{ ...cpu, above: 60 }, memory] }))
    expect(meddling.code).to.equal(1)
    expect(meddling.stderr).to.include('conflict with "team-a"').and.include('.spec.rules[name="cpu"].above')

    await applyAs('team-a', policy('shared', { rules: [{ ...cpu, name: 'other' }] }))
    expect(await names()).to.have.members(['other 80', 'memory 80'])
  })

  it('replace a selector as a whole', async () => {
    const select = (label: string) => ({ rules: [cpu], nodes: { selector: { matchLabels: { [label]: 'x' } } } })
    await applyAs('test', policy('selector', select('old')))
    await applyAs('test', policy('selector', select('new')))
    expect((await get('capp selector')).spec.nodes.selector).to.deep.equal({ matchLabels: { new: 'x' } })
  })

  it('keep status apart: writing it is no new generation, and a spec cannot bring one along', async () => {
    await applyAs('test', { ...policy('status', { rules: [cpu] }), status: { firing: 7 } })
    expect(await get('capp status')).not.to.have.property('status')
    await writeStatus('capp/status', { firing: 3 })
    const { metadata, status } = await get('capp status')
    expect({ generation: metadata.generation, status }).to.deep.equal({ generation: 1, status: { firing: 3 } })
  })

  it('show their columns, to plain and to wide', async () => {
    const ready = { type: 'Ready', status: 'True', reason: 'Watching', message: '', observedGeneration: 1 }
    const conditions = [{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' }]
    await applyAs('test', policy('columns', { rules: [cpu] }))
    await writeStatus('capp/columns', { conditions, firing: 3, unknown: 2 })
    const [header = '', row = ''] = (await cluster.mustKubectl(['get', 'capp', 'columns', '-o', 'wide'])).split('\n')
    expect(header.split(/\s{2,}/)).to.deep.equal([
      'NAME',
      'READY',
      'SEVERITY',
      'FIRING',
      'UNKNOWN',
      'AGE',
      'REASON',
      'SUSPENDED',
    ])
    expect(row).to.match(/^columns +True +warning +3 +2 +\S+ +Watching +false$/)
    const plain = await cluster.mustKubectl(['get', 'capacitypolicies'])
    expect(plain).to.match(/^NAME +READY +SEVERITY +FIRING +UNKNOWN +AGE\n/)

    await writeStatus('recv/defaults', {
      conditions,
      channel: 'file',
      usedBy: 2,
      lastDeliveryTime: '2026-01-01T00:00:00Z',
    })
    await writeStatus('sil/defaults', { conditions, state: 'Active', endsAt: '2026-01-01T01:00:00Z', muted: 4 })
    const silence = await cluster.mustKubectl(['get', 'sil', 'defaults'])
    expect(silence).to.match(
      /^NAME +STATE +MUTED +ENDS +COMMENT +AGE\ndefaults +Active +4 +2026-01-01T01:00:00Z +\S+\n$/,
    )

    const lastCrash = { time: '2026-01-01T00:00:00Z', namespace: 'default', pod: 'web', reason: 'Error' }
    await writeStatus('crar/crashes', { conditions, open: 3, lastCrash })
    const route = await cluster.mustKubectl(['get', 'crar', 'crashes', '-o', 'wide'])
    expect(route).to.match(
      /^NAME +READY +OPEN +LAST CRASH +AGE +REASON +SUSPENDED\ncrashes +True +3 +\d+d +\S+ +Watching +false\n$/,
    )

    const receiver = await cluster.mustKubectl(['get', 'recv', 'defaults'])
    expect(receiver).to.match(/^NAME +READY +CHANNEL +USED BY +DELIVERED +AGE\ndefaults +True +file +2 +\d+d +\S+\n$/)
  })

  it('are found by category in all namespaces', async () => {
    const all = await cluster.mustKubectl(['get', 'dogwatch', '-A', '-o', 'name'])
    expect(all).to.include('capacitypolicy.dogwatch.dev/node-overcommit')
    expect(all).to.include('alertreceiver.dogwatch.dev/console')
  })

  it('explain their fields', async () => {
    const above = await cluster.mustKubectl(['explain', 'capacitypolicy.spec.rules.above'])
    expect(above).to.include('Percent. The rule warns when the number is greater than this')
    expect(await cluster.mustKubectl(['explain', 'recv'])).to.include('A place that alerts go to.')
  })

  describe('rights', () => {
    const folders = readdirSync(join(root, 'config/rbac'))
    const operator = '--as=system:serviceaccount:dogwatch-system:dogwatch'

    async function may(who: string, verb: string, what: string, namespace?: string): Promise<boolean> {
      const [resource = '', subresource = ''] = what.split('/')
      const where = namespace === undefined ? ['-A'] : ['-n', namespace]
      const args = ['auth', 'can-i', verb, resource, `--subresource=${subresource}`, who, ...where]
      return (await cluster.kubectl(args)).stdout.trim() === 'yes'
    }

    async function untilMay(...question: Parameters<typeof may>): Promise<void> {
      for (let tries = 0; tries < 50; tries += 1) if (await may(...question)) return
      throw new Error(`still not allowed: ${question.join(' ')}`)
    }

    afterEach(async () => {
      for (const folder of folders) {
        await cluster.mustKubectl(['delete', '--ignore-not-found', '-k', join(root, 'config/rbac', folder)])
      }
    })

    it('of the whole cluster let the operator do its work and no more', async () => {
      await cluster.mustKubectl(['apply', '-k', join(root, 'config/rbac/cluster-wide')])
      expect(await may(operator, 'watch', 'pods')).to.equal(true)
      expect(await may(operator, 'list', 'nodes')).to.equal(true)
      expect(await may(operator, 'patch', 'capacitypolicies/status')).to.equal(true)
      expect(await may(operator, 'update', 'leases', 'dogwatch-system')).to.equal(true)
      expect(await may(operator, 'update', 'leases', 'default')).to.equal(false)
      expect(await may(operator, 'patch', 'capacitypolicies')).to.equal(false)
      expect(await may(operator, 'list', 'secrets', 'dogwatch-system')).to.equal(false)
      expect(await may(operator, 'get', 'secrets', 'dogwatch-system')).to.equal(true)
      expect(await may(operator, 'get', 'secrets', 'default')).to.equal(false)
      expect(await may(operator, 'delete', 'pods', 'default')).to.equal(false)
    })

    it('of one namespace end at it', async () => {
      await cluster.mustKubectl(['apply', '-k', join(root, 'config/rbac/namespace-only')])
      expect(await may(operator, 'watch', 'pods', 'dogwatch-system')).to.equal(true)
      expect(await may(operator, 'patch', 'capacitypolicies/status', 'dogwatch-system')).to.equal(true)
      expect(await may(operator, 'watch', 'pods', 'default')).to.equal(false)
      expect(await may(operator, 'list', 'nodes')).to.equal(false)
    })

    it('come to namespace editors and viewers by aggregation', async function () {
      this.timeout(180_000)
      await cluster.mustKubectl(['apply', '-k', join(root, 'config/rbac/users')])
      for (const role of ['view', 'edit', 'admin']) {
        const binding = [`${role}-user`, `--clusterrole=${role}`, `--user=${role}-user`, '-n', 'default']
        await cluster.mustKubectl(['create', 'rolebinding', ...binding])
      }
      await untilMay('--as=admin-user', 'create', 'alertreceivers', 'default')
      await untilMay('--as=edit-user', 'create', 'alertreceivers', 'default')
      await untilMay('--as=view-user', 'list', 'alertreceivers', 'default')
      expect(await may('--as=view-user', 'list', 'capacitypolicies', 'default')).to.equal(true)
      expect(await may('--as=view-user', 'patch', 'capacitypolicies', 'default')).to.equal(false)
      expect(await may('--as=edit-user', 'patch', 'capacitypolicies', 'default')).to.equal(true)
      expect(await may('--as=edit-user', 'patch', 'capacitypolicies/status', 'default')).to.equal(false)
      expect(await may('--as=edit-user', 'patch', 'capacitypolicies', 'dogwatch-system')).to.equal(false)
    })
  })
})
