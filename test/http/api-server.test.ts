/** What a request meets before it reaches a route, and what comes back: without a network, and without an API server. */
import { expect } from 'chai'
import type { FastifyInstance } from 'fastify'
import { aggregatedRoot } from '../../src/api/http/paths.ts'
import { ApiWorld, aRecord } from '../support/api-world.ts'

describe('api server', () => {
  let world: ApiWorld
  let app: FastifyInstance
  const all = ['get capacitypolicies */*', 'update capacitypolicies team-a/p', 'patch capacitypolicies */*']

  beforeEach(() => {
    world = new ApiWorld()
    app = world.app()
  })
  afterEach(() => app.close())

  it('lets nobody in without a token that is known', async () => {
    world.user('anna', ...all)
    const headers = [
      {},
      { authorization: 'Basic YTpi' },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer wrong' },
    ]
    for (const given of headers) {
      const answer = await app.inject({ url: '/api/v1/alerts', headers: given })
      expect(answer.statusCode).to.equal(401)
      expect(answer.headers['www-authenticate']).to.match(/^Bearer/)
      expect(answer.headers['content-type']).to.equal('application/problem+json; charset=utf-8')
      expect(answer.json()).to.include({ type: 'urn:dogwatch:problem:unauthenticated', status: 401 })
      expect(answer.json().detail).to.match(/token/)
    }
  })

  it('lets nobody in who names himself in the headers of the API server', async () => {
    world.rights['system:admin'] = all
    const headers = { 'x-remote-user': 'system:admin', 'x-remote-group': 'system:masters' }
    for (const root of ['/api/v1', aggregatedRoot]) {
      expect((await app.inject({ url: `${root}/alerts`, headers })).statusCode).to.equal(401)
    }
  })

  it('says what went wrong as a Status where the caller came through the API server', async () => {
    const answer = await app.inject({ url: `${aggregatedRoot}/alerts` })
    expect(answer.json()).to.include({ kind: 'Status', apiVersion: 'v1', reason: 'Unauthorized', code: 401 })
    expect(answer.json().message).to.match(/kubectl get --raw/)
  })

  it('asks for no rights, and no name, for what says nothing of the cluster', async () => {
    const document = await app.inject({ url: '/openapi.json' })
    expect(document.json().openapi).to.equal('3.1.0')
    const groups = await app.inject({ url: aggregatedRoot })
    expect(groups.json()).to.deep.include({ kind: 'APIResourceList', resources: [] })
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    expect((await app.inject({ url: '/apis', headers: { accept } })).statusCode).to.equal(406)
  })

  it('says which part of a request is wrong', async () => {
    const headers = world.user('anna', ...all)
    world.open.push(aRecord('one'))
    const wrong = [
      ['GET', '/api/v1/alerts?state=loud', undefined, 'state'],
      ['GET', '/api/v1/alerts?limit=0', undefined, 'limit'],
      ['GET', '/api/v1/alerts?colour=red', undefined, 'colour'],
      ['GET', '/api/v1/alerts?cursor=abc', undefined, 'cursor'],
      ['GET', '/api/v1/alerts?policy=p', undefined, 'namespace/name'],
      ['GET', '/api/v1/alerts?label=team', undefined, 'name=value'],
      ['POST', '/api/v1/alerts/one/acknowledge', '{"comment":3}', 'comment'],
      ['POST', '/api/v1/alerts/one/acknowledge', '{"coment":"x"}', 'coment'],
      ['POST', '/api/v1/alerts/one/acknowledge', '{', 'not JSON'],
      ['POST', '/api/v1/namespaces/No_Good/policies/p/suspend', '{}', 'namespace'],
    ] as const
    for (const [method, url, payload, names] of wrong) {
      const json = { 'content-type': 'application/json' }
      const answer = await app.inject({
        method,
        url,
        headers: { ...headers, ...(payload && json) },
        ...(payload && { payload }),
      })
      expect(answer.statusCode, url).to.equal(400)
      expect(answer.json().detail, url).to.include(names)
    }
  })

  it('takes no large body, and none that is not JSON', async () => {
    const headers = world.user('anna', ...all)
    world.open.push(aRecord('one'))
    const send = (payload: string, type: string) =>
      app.inject({
        ...{ method: 'POST', url: '/api/v1/alerts/one/acknowledge', payload },
        headers: { ...headers, 'content-type': type },
      })
    expect((await send(JSON.stringify({ comment: 'x'.repeat(70_000) }), 'application/json')).statusCode).to.equal(413)
    expect((await send('comment=x', 'application/x-www-form-urlencoded')).statusCode).to.equal(415)
    expect((await send('', 'application/json')).statusCode).to.equal(200)
    const silent = await app.inject({
      method: 'POST',
      url: '/api/v1/alerts/one/acknowledge',
      payload: '{"comment":"x"}',
      headers,
    })
    expect([silent.statusCode, silent.json().acknowledged.comment], 'as kubectl create --raw').to.deep.equal([200, 'x'])
  })

  it('knows what it does not know', async () => {
    const headers = world.user('anna', ...all)
    for (const url of ['/api/v1/nothing', '/', '/api/v1/alerts/none']) {
      const answer = await app.inject({ url, headers })
      expect(answer.statusCode, url).to.equal(404)
      expect(answer.json().type).to.equal('urn:dogwatch:problem:notFound')
    }
  })

  it('slows down a caller who asks too often, and nobody else', async () => {
    const [anna, ben] = [world.user('anna'), world.user('ben')]
    const answers = await Promise.all(
      Array.from({ length: 130 }, () => app.inject({ url: '/api/v1/alerts', headers: anna })),
    )
    const refused = answers.filter(({ statusCode }) => statusCode === 429)
    expect(refused.length).to.be.within(1, 30)
    expect(refused[0]?.headers['retry-after']).to.equal('1')
    expect((await app.inject({ url: '/api/v1/alerts', headers: ben })).statusCode).to.equal(200)
  })

  it('reads where it stands by, and names who leads where something is to change', async () => {
    const headers = world.user('anna', ...all)
    world.isLeading = false
    world.history.push(aRecord('one'))
    expect((await app.inject({ url: '/api/v1/alerts', headers })).json().alerts).to.have.length(1)
    const refused = await app.inject({ method: 'POST', url: '/api/v1/alerts/one/acknowledge', headers })
    expect([refused.statusCode, refused.headers['retry-after']]).to.deep.equal([503, '2'])
    expect(refused.json().detail).to.include('other-process leads')
    world.leader = undefined
    const nobody = await app.inject({ method: 'POST', url: '/service/stop', headers })
    expect(nobody.json().detail).to.include('none leads')
    expect(world.isStopped).to.equal(false)
  })

  it('keeps what is its own failure to itself', async () => {
    const headers = world.user('anna', ...all)
    Object.defineProperty(world.open, 'toSorted', {
      value: () => {
        throw new Error('password=hunter2')
      },
    })
    const answer = await app.inject({ url: '/api/v1/alerts', headers })
    expect(answer.statusCode).to.equal(500)
    expect(answer.body).not.to.include('hunter2')
  })
})
