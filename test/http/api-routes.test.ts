/** What each route gives to whom. The rights are a list here; test/integration/api.test.ts asks a real API server for them. */
import { expect } from 'chai'
import type { FastifyInstance } from 'fastify'
import type { KubeObject } from '../../src/kube/resource.ts'
import { ApiWorld, aRecord } from '../support/api-world.ts'

const object = (namespace: string, name: string, more: object = {}): KubeObject => ({
  metadata: { namespace, name, uid: name, resourceVersion: '1' },
  spec: { suspend: false },
  ...more,
})

describe('api routes', () => {
  let world: ApiWorld
  let app: FastifyInstance

  beforeEach(() => {
    world = new ApiWorld()
    app = world.app()
  })
  afterEach(() => app.close())

  const get = async (url: string, headers: object) => (await app.inject({ url, headers: { ...headers } })).json()
  const ids = async (query: string, headers: object) =>
    (await get(`/api/v1/alerts${query}`, headers)).alerts.map(({ id }: { id: string }) => id)
  const post = (url: string, headers: object, payload: object = {}) =>
    app.inject({ method: 'POST', url, headers: { ...headers }, payload })

  describe('alerts', () => {
    beforeEach(() => {
      world.open.push(
        aRecord('a1', { namespace: 'team-a', policy: 'p', startedMs: 3_000 }),
        aRecord('b1', { namespace: 'team-b', policy: 'p', startedMs: 2_000, severity: 'critical' }),
        aRecord('s1', { namespace: 'dogwatch-system', policy: 'p', about: 'team-a', startedMs: 1_000 }),
      )
      const over = { namespace: 'team-a', policy: 'q', startedMs: 500, endedMs: 900 }
      world.history.push(...world.open, aRecord('a0', over))
    })

    it('shows each caller the alerts of the policies that he may get', async () => {
      expect(await ids('', world.user('all', 'get capacitypolicies */*'))).to.deep.equal(['a1', 'b1', 's1'])
      expect(await ids('', world.user('a', 'get capacitypolicies team-a/*'))).to.deep.equal(['a1'])
      expect(await ids('', world.user('one', 'get capacitypolicies dogwatch-system/p'))).to.deep.equal(['s1'])
      expect(await ids('', world.user('other', 'list capacitypolicies team-a/*', 'get pods */*'))).to.deep.equal([])
    })

    it('finds by state, severity, namespace, policy and labels', async () => {
      const everybody = world.user('all', 'get capacitypolicies */*')
      expect(await ids('?state=ended', everybody)).to.deep.equal(['a0'])
      expect(await ids('?state=all', everybody)).to.deep.equal(['a1', 'b1', 's1', 'a0'])
      expect(await ids('?severity=critical', everybody)).to.deep.equal(['b1'])
      expect(await ids('?namespace=team-a', everybody)).to.deep.equal(['a1', 's1'])
      expect(await ids('?state=all&policy=team-a/q', everybody)).to.deep.equal(['a0'])
      expect(await ids('?label=team=a&label=pod=pod-of-b1', everybody)).to.deep.equal(['b1'])
    })

    it('shows one alert with its deliveries, and hides that there is one from those who may not see it', async () => {
      const [anna, ben] = [world.user('anna', 'get capacitypolicies team-a/*'), world.user('ben')]
      world.deliveries.push({
        ...{ id: 'd', threadKey: 't', receiver: { namespace: 'ops', name: 'oncall' }, reason: 'first' },
        ...{ message: {} as never, alertIds: ['a0'], state: 'failed', intendedMs: 1_000, endedMs: 2_000, tries: 1 },
        ...{ failure: { reason: 'auth', message: 'refused' }, steps: { secret: { data: 'of the channel' } } },
      })
      const shown = await get('/api/v1/alerts/a0', anna)
      expect(shown).to.include({ id: 'a0', state: 'resolved', endedAt: '1970-01-01T00:00:00.900Z' })
      expect(shown.deliveries).to.deep.equal([
        {
          ...{ id: 'd', receiver: { namespace: 'ops', name: 'oncall' }, reason: 'first', state: 'failed', tries: 1 },
          ...{ intendedAt: '1970-01-01T00:00:01.000Z', endedAt: '1970-01-01T00:00:02.000Z' },
          failure: { reason: 'auth', message: 'refused' },
        },
      ])
      const [hidden, absent] = [await get('/api/v1/alerts/a0', ben), await get('/api/v1/alerts/xx', ben)]
      expect(hidden.detail.replace('a0', 'xx')).to.equal(absent.detail)
      expect(hidden).to.include({ status: 404 })
    })

    it('lets whoever may update the policy say that he looks after an alert', async () => {
      const rights = ['get capacitypolicies team-a/*']
      const [anna, ben] = [
        world.user('anna', ...rights, 'update capacitypolicies team-a/p'),
        world.user('ben', ...rights),
      ]
      const url = '/api/v1/alerts/a1/acknowledge'
      expect((await post(url, ben)).statusCode).to.equal(403)
      const done = (await post(url, anna, { comment: 'on it' })).json()
      expect(done.acknowledged).to.include({ by: 'anna', comment: 'on it' })
      expect((await get('/api/v1/alerts/a1', ben)).acknowledged.by).to.equal('anna')
      world.rights.anna = ['get capacitypolicies */*', 'update capacitypolicies team-a/q']
      const over = await post('/api/v1/alerts/a0/acknowledge', anna)
      expect([over.statusCode, over.json().detail]).to.deep.equal([
        409,
        'alert a0 is over: there is nothing to look after',
      ])
    })
  })

  it('receivers: shows those that the caller may get, and sends a test for whoever may update one', async () => {
    const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: 'fine' }
    world.objects.alertreceivers = [
      object('team-a', 'mail', { status: { conditions: [ready], channel: 'email', usedBy: 2 } }),
      object('team-b', 'chat'),
    ]
    const anna = world.user('anna', 'get alertreceivers team-a/*', 'update alertreceivers team-a/mail')
    expect(await get('/api/v1/receivers', anna)).to.deep.equal({
      receivers: [
        {
          ...{ namespace: 'team-a', name: 'mail', ready: 'True', reason: 'Ready', message: 'fine' },
          ...{ channel: 'email', usedBy: 2 },
        },
      ],
    })
    const test = (namespace: string, name: string) =>
      post(`/api/v1/namespaces/${namespace}/receivers/${name}/test`, anna)
    expect((await test('team-b', 'chat')).statusCode).to.equal(403)
    expect((await test('team-a', 'mail')).statusCode).to.equal(404)
    world.testResult = { sent: false, retry: false, reason: 'auth', message: 'wrong password' }
    expect((await test('team-a', 'mail')).json()).to.deep.equal({
      sent: false,
      reason: 'auth',
      message: 'wrong password',
    })
    world.testResult = { sent: true }
    expect((await test('team-a', 'mail')).json()).to.include({ sent: true })
  })

  it('policies: shows those that the caller may get, and suspends and resumes for whoever may patch one', async () => {
    world.objects.capacitypolicies = [
      object('team-a', 'p', { status: { firing: 3, unknown: 0 } }),
      object('team-b', 'p'),
    ]
    const anna = world.user('anna', 'get capacitypolicies team-a/p', 'patch capacitypolicies team-a/p')
    const { policies } = await get('/api/v1/policies', anna)
    expect(policies).to.have.length(1)
    expect(policies[0]).to.include({ kind: 'CapacityPolicy', namespace: 'team-a', suspended: false, firing: 3 })
    expect((await post('/api/v1/namespaces/team-b/policies/p/suspend', anna)).statusCode).to.equal(403)
    const suspended = await post('/api/v1/namespaces/team-a/policies/p/suspend', anna)
    expect(suspended.json()).to.include({ name: 'p', suspended: true })
    await post('/api/v1/namespaces/team-a/policies/p/resume', anna)
    const at = { resource: 'capacitypolicies', namespace: 'team-a', name: 'p' }
    expect(world.patches).to.deep.equal([
      [at, { spec: { suspend: true } }],
      [at, { spec: { suspend: false } }],
    ])
  })

  it('policies: tells those of several kinds apart, also where they share a name', async () => {
    world.objects.capacitypolicies = [object('team-a', 'p', { status: { firing: 3, unknown: 0 } })]
    world.objects.crashalertroutes = [object('team-a', 'p', { status: { open: 2 } })]
    const anna = world.user('anna', 'get capacitypolicies team-a/p', 'get crashalertroutes team-a/p')
    const { policies } = await get('/api/v1/policies', anna)
    expect(policies.map(({ kind, firing }: Record<string, unknown>) => [kind, firing])).to.deep.equal([
      ['CapacityPolicy', 3],
      ['CrashAlertRoute', 2],
    ])
    const suspend = (query: string) => post(`/api/v1/namespaces/team-a/policies/p/suspend${query}`, anna)
    world.rights.anna = ['patch crashalertroutes team-a/p']
    expect((await suspend('')).statusCode).to.equal(403)
    expect((await suspend('?kind=CrashAlertRoute')).json()).to.include({ kind: 'CrashAlertRoute', suspended: true })
    expect((await suspend('?kind=Pod')).statusCode).to.equal(400)
    expect(world.patches).to.deep.equal([
      [{ resource: 'crashalertroutes', namespace: 'team-a', name: 'p' }, { spec: { suspend: true } }],
    ])
  })

  it('silences: shows those that the caller may get, makes one in his name, and ends one for whoever may patch it', async () => {
    const anna = world.user('anna', 'get silences team-a/*', 'create silences team-a/*', 'patch silences team-a/quiet')
    const body = { name: 'quiet', matchers: [{ name: 'pod', value: 'x' }], duration: '2h', comment: 'upgrade' }
    const make = (namespace: string, given: object) => post(`/api/v1/namespaces/${namespace}/silences`, anna, given)
    expect((await make('team-b', body)).statusCode).to.equal(403)
    expect((await make('team-a', { ...body, createdBy: 'ben' })).statusCode).to.equal(400)
    const made = (await make('team-a', body)).json()
    expect(made).to.include({ namespace: 'team-a', name: 'quiet', createdBy: 'anna', comment: 'upgrade' })
    expect(made.matchers).to.deep.equal([{ name: 'pod', value: 'x', regex: false }])
    expect(world.objects.silences?.[0]?.metadata.labels).to.deep.equal({ 'dogwatch.dev/created-by': 'api' })
    expect((await get('/api/v1/silences', anna)).silences).to.have.length(1)
    expect((await get('/api/v1/silences', world.user('ben'))).silences).to.deep.equal([])
    world.objects.silences?.push(object('team-a', 'other', { spec: { matchers: body.matchers } }))
    expect((await post('/api/v1/namespaces/team-a/silences/other/expire', anna)).statusCode).to.equal(403)
    const [at, patch] = [{ resource: 'silences', namespace: 'team-a', name: 'quiet' }, world.patches]
    await post('/api/v1/namespaces/team-a/silences/quiet/expire', anna)
    expect(patch[0]).to.have.deep.nested.property('[0]', at)
    expect(patch[0]).to.have.nested.property('[1].spec.duration', null)
  })

  it('service: stops and starts by POST for whoever may patch every policy, in its old shape', async () => {
    const [anna, ben] = [
      world.user('anna', 'patch capacitypolicies */*'),
      world.user('ben', 'patch capacitypolicies a/*'),
    ]
    expect((await post('/service/stop', ben)).statusCode).to.equal(403)
    expect((await post('/service/stop', anna)).json()).to.deep.equal({ data: 'Service stopped' })
    expect((await post('/service/stop', anna)).json()).to.deep.equal({ data: 'Service is already stopped' })
    expect(await get('/service/status', ben)).to.deep.equal({ data: 'Service is stopped' })
    expect((await post('/api/v1/service/start', anna)).json()).to.deep.equal({ data: 'Service started' })
    expect((await post('/service/start', anna)).json()).to.deep.equal({ data: 'Service is already running' })
    expect((await app.inject({ url: '/service/stop', headers: anna })).statusCode).to.equal(404)
  })

  it('service: changes by GET only where that was asked for, with the same rights', async () => {
    await app.close()
    world.allowsGetAtRoot = true
    app = world.app()
    const [anna, ben] = [world.user('anna', 'patch capacitypolicies */*'), world.user('ben')]
    expect((await app.inject({ url: '/service/stop' })).statusCode).to.equal(401)
    expect((await app.inject({ url: '/service/stop', headers: ben })).statusCode).to.equal(403)
    expect(await get('/service/stop', anna)).to.deep.equal({ data: 'Service stopped' })
    expect((await app.inject({ url: '/api/v1/service/start', headers: anna })).statusCode).to.equal(404)
    expect(world.isStopped).to.equal(true)
  })
})
