import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { hasCode } from '../../src/base/errors.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { listFields } from '../../src/kube/list-fields.ts'
import { fieldsOf, listMeta, status } from '../../src/kube/protobuf/tables.ts'
import { sized, wrap, write, writeList } from '../support/protobuf-writer.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { createLabClient } from '../support/watch-lab.ts'

/** Of the test at work: all tests together take longer than any should. */
let signal: AbortSignal
beforeEach(() => {
  signal = AbortSignal.timeout(60_000)
})
const pods = { group: '', version: 'v1', resource: 'pods' }
const protobufType = 'application/vnd.kubernetes.protobuf'
const managedFields = [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:spec': {} } }]
const metadata = { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' }
const jsonList = {
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '9' },
  items: [{ metadata, spec: {} }],
}

describe('listFields', () => {
  let folder: string
  let server: TestServer
  let client: KubeClient
  let accepted: (string | undefined)[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-fields-'))
    accepted = []
  })

  afterEach(async () => {
    await client.close()
    await server.stop()
    await rm(folder, { recursive: true })
  })

  async function list(handle: (request: IncomingMessage, response: ServerResponse) => void, resource = pods) {
    server = await startTestServer((request, response) => {
      accepted.push(request.headers.accept)
      handle(request, response)
    })
    const kubeconfig = join(folder, 'kubeconfig')
    const text = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: server.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: {} }],
    }
    await writeFile(kubeconfig, JSON.stringify(text))
    client = createLabClient(kubeconfig)
    const objects: unknown[] = []
    const result = await listFields(client, { type: resource }, (object) => objects.push(object), signal)
    return { ...result, objects }
  }

  const sendJson = (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(jsonList))
  }

  it('reads protobuf where the server speaks it', async () => {
    const item = write(fieldsOf(pods)!, { metadata, spec: { nodeName: 'n1' } })
    const result = await list((_request, response) => {
      response.setHeader('content-type', protobufType)
      response.end(writeList('PodList', write(listMeta, { resourceVersion: '9', continue: 'more' }), [item]))
    })
    expect(accepted).to.deep.equal([`${protobufType},application/json`])
    expect(result).to.deep.equal({
      ...{ resourceVersion: '9', count: 1, continue: 'more' },
      objects: [{ metadata, spec: { nodeName: 'n1' } }],
    })
  })

  it('reads JSON where the server sends it all the same', async () => {
    const result = await list((_request, response) => sendJson(response))
    expect(result).to.deep.equal({ resourceVersion: '9', count: 1, objects: [{ metadata, spec: {} }] })
  })

  it('leaves managedFields out of JSON', async () => {
    const items = [{ metadata: { ...metadata, managedFields }, spec: {} }]
    const { objects } = await list((_request, response) => response.end(JSON.stringify({ ...jsonList, items })))
    expect(objects).to.deep.equal([{ metadata, spec: {} }])
  })

  it('asks for JSON where protobuf is refused', async () => {
    const result = await list((request, response) => {
      if (request.headers.accept === 'application/json') return sendJson(response)
      response.statusCode = 406
      response.end('{"kind":"Status","code":406,"reason":"NotAcceptable"}')
    })
    expect(accepted).to.deep.equal([`${protobufType},application/json`, 'application/json'])
    expect(result.count).to.equal(1)
  })

  it('asks for JSON of kinds without a table', async () => {
    const dogs = { group: 'example.com', version: 'v1', resource: 'dogs' }
    expect((await list((_request, response) => sendJson(response), dogs)).count).to.equal(1)
    expect(accepted).to.deep.equal(['application/json'])
  })

  it('gives a refusal in protobuf its own words', async () => {
    const refusal = wrap('Status', write(status, { message: 'no such right', reason: 'Forbidden', code: 403 }))
    const error = await list((_request, response) => {
      response.statusCode = 403
      response.setHeader('content-type', protobufType)
      response.end(refusal)
    }).catch((cause: unknown) => cause)
    expect(hasCode(error, 'API_FORBIDDEN')).to.equal(true)
    expect(String(error)).to.include('403 no such right')
  })

  it('says STREAM_MALFORMED for a list that ends early, and for an object without a name', async () => {
    const bodies = [
      writeList('PodList', write(listMeta, { resourceVersion: '9' }), [Buffer.alloc(20)]).subarray(0, 50),
      writeList('PodList', write(listMeta, { resourceVersion: '9' }), [sized(1, sized(6, '7'))]),
    ]
    for (const body of bodies) {
      const error = await list((_request, response) => {
        response.setHeader('content-type', protobufType)
        response.end(body)
      }).catch((cause: unknown) => cause)
      expect(hasCode(error, 'STREAM_MALFORMED'), String(error)).to.equal(true)
      await client.close()
      await server.stop()
    }
  })
})
