import { expect } from 'chai'
import { hasCode } from '../../src/base/errors.ts'
import { decodeJsonEvent, decodeJsonObject, fingerprint } from '../../src/kube/watch-event.ts'

const metadata = { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' }
const line = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('decodeJsonEvent', () => {
  it('gives the object and its own bytes', () => {
    const object = { kind: 'Pod', apiVersion: 'v1', metadata, spec: { note: 'é "}' } }
    const event = decodeJsonEvent(line({ type: 'MODIFIED', object }))
    expect(event).to.deep.include({ type: 'MODIFIED', object })
    expect('raw' in event && event.raw.toString()).to.equal(JSON.stringify(object))
  })

  it('gives the same bytes where the server writes an event in another order', () => {
    const object = { metadata, spec: {} }
    const event = decodeJsonEvent(line({ object, type: 'ADDED' }))
    expect('raw' in event && event.raw.toString()).to.equal(JSON.stringify(object))
  })

  it('knows the bookmark that ends the initial events', () => {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const end = { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '9', annotations } } }
    expect(decodeJsonEvent(line(end))).to.deep.equal({
      type: 'BOOKMARK',
      resourceVersion: '9',
      endsInitialEvents: true,
    })
    const plain = { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '9' } } }
    expect(decodeJsonEvent(line(plain))).to.deep.include({ endsInitialEvents: false })
  })

  it('hands on what the server complains of', () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' }
    expect(decodeJsonEvent(line({ type: 'ERROR', object: status }))).to.deep.equal({ type: 'ERROR', status })
  })

  const malformed: Record<string, Buffer> = {
    'no JSON': Buffer.from('{"type":"ADDED","obj'),
    'JSON that is no event': Buffer.from('[]'),
    'no object': line({ type: 'ADDED' }),
    'an unknown type': line({ type: 'SURPRISE', object: { metadata } }),
    'no name': line({ type: 'ADDED', object: { metadata: { resourceVersion: '1' } } }),
    'no metadata': line({ type: 'DELETED', object: {} }),
    'no resourceVersion': line({ type: 'ADDED', object: { metadata: { name: 'a' } } }),
    'a bookmark without resourceVersion': line({ type: 'BOOKMARK', object: {} }),
    'bytes that are not UTF-8': Buffer.concat([
      Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"},"x":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}'),
    ]),
  }
  for (const [what, bytes] of Object.entries(malformed)) {
    it(`says STREAM_MALFORMED for ${what}`, () => {
      expect(() => decodeJsonEvent(bytes))
        .to.throw()
        .that.satisfies((error: unknown) => hasCode(error, 'STREAM_MALFORMED'))
    })
  }

  it('tells how much was wrong, and none of it', () => {
    expect(() => decodeJsonObject(Buffer.from('password=hunter2')))
      .to.throw(/16 bytes/)
      .and.not.match(/hunter2/)
  })
})

describe('fingerprint', () => {
  it('is the same for an object from a watch and from a list', () => {
    const fromWatch = Buffer.from(`{"kind":"Pod","apiVersion":"v1","metadata":${JSON.stringify(metadata)}}`)
    const fromList = Buffer.from(`{"metadata":${JSON.stringify(metadata)}}`)
    expect(fingerprint(fromWatch)).to.equal(fingerprint(fromList))
  })

  it('differs for other content of equal length', () => {
    expect(fingerprint(Buffer.from('{"a":1}'))).to.not.equal(fingerprint(Buffer.from('{"a":2}')))
  })

  it('differs for a custom object of another kind', () => {
    const make = (kind: string) => Buffer.from(`{"apiVersion":"v1","kind":"${kind}","metadata":{}}`)
    expect(fingerprint(make('Dog'))).to.not.equal(fingerprint(make('Cat')))
  })
})
