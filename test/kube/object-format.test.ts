import { expect } from 'chai'
import fc from 'fast-check'
import { hasCode } from '../../src/base/errors.ts'
import { ObjectFormat } from '../../src/kube/object-format.ts'
import { anyObject, fieldsOf, status } from '../../src/kube/protobuf/tables.ts'
import { fingerprint } from '../../src/kube/watch-event.ts'
import { sized, wrap, write } from '../support/protobuf-writer.ts'

const pods = { group: '', version: 'v1', resource: 'pods' }
const dogs = { group: 'example.com', version: 'v1', resource: 'dogs' }
const metadata = { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' }
const pod = { metadata, spec: { nodeName: 'n1' } }
const podBytes = write(fieldsOf(pods)!, pod)

const frame = (type: string, object: Buffer): Buffer => Buffer.concat([sized(1, type), sized(2, sized(1, object))])
const json = (object: object): Buffer => Buffer.from(JSON.stringify(object))

function format(content: 'whole' | 'fields' = 'fields', type = pods): ObjectFormat {
  const result = new ObjectFormat(type)
  result.begin(content)
  return result
}

function isMalformed(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    if (hasCode(error, 'STREAM_MALFORMED')) return true
    throw error
  }
}

describe('ObjectFormat', () => {
  it('asks for protobuf where fields are enough and the kind has a table', () => {
    expect(format('fields').preferred).to.equal('protobuf')
    expect(format('whole').preferred).to.equal('json')
    expect(format('fields', dogs).preferred).to.equal('json')
    expect(new ObjectFormat(pods).preferred).to.equal('json')
  })

  it('serves those who want no more than comes', () => {
    expect(format('fields').serves('fields')).to.equal(true)
    expect(format('fields').serves('whole')).to.equal(false)
    expect(format('fields', dogs).serves('whole')).to.equal(true)
    expect(format('whole').serves('whole')).to.equal(true)
  })

  it('decodes events of objects, with the bytes that a list has', () => {
    for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
      const event = format().decodeEvent(frame(type, wrap('Pod', podBytes)), 'protobuf')
      expect(event).to.deep.equal({ type, object: pod, raw: podBytes })
      expect(format().decodeObject(podBytes, 'protobuf')).to.deep.equal(pod)
    }
  })

  it('decodes bookmarks, and the one that ends the initial events', () => {
    const bookmark = (annotations: object) =>
      frame('BOOKMARK', wrap('Pod', write(anyObject, { metadata: { resourceVersion: '9', annotations } })))
    expect(format().decodeEvent(bookmark({}), 'protobuf')).to.deep.equal({
      ...{ type: 'BOOKMARK', resourceVersion: '9', endsInitialEvents: false },
    })
    const end = bookmark({ 'k8s.io/initial-events-end': 'true' })
    expect(format().decodeEvent(end, 'protobuf')).to.deep.include({ endsInitialEvents: true })
  })

  it('hands on what the server complains of', () => {
    const words = { message: 'too old', reason: 'Expired', code: 410 }
    const error = frame('ERROR', wrap('Status', write(status, words)))
    expect(format().decodeEvent(error, 'protobuf')).to.deep.equal({ type: 'ERROR', status: words })
  })

  it('reads JSON where the server sends it all the same', () => {
    const event = format().decodeEvent(json({ type: 'ADDED', object: pod }), 'json')
    expect(event).to.deep.equal({ type: 'ADDED', object: pod, raw: json(pod) })
  })

  it('says STREAM_MALFORMED when the encoding changes before the next complete state', () => {
    const one = format()
    one.decodeObject(podBytes, 'protobuf')
    expect(isMalformed(() => one.decodeEvent(json({ type: 'ADDED', object: pod }), 'json'))).to.equal(true)
    one.begin('fields')
    expect(one.decodeObject(json(pod), 'json')).to.deep.equal(pod)
    expect(isMalformed(() => one.decodeObject(podBytes, 'protobuf'))).to.equal(true)
  })

  const malformed: Record<string, Buffer> = {
    'an empty frame': Buffer.alloc(0),
    'an event without object': sized(1, 'ADDED'),
    'an unknown type': frame('SURPRISE', wrap('Pod', podBytes)),
    'an object that is not wrapped': frame('ADDED', podBytes),
    'an object without name': frame('ADDED', wrap('Pod', sized(1, sized(6, '7')))),
    'an object in an encoding of its own': frame('ADDED', Buffer.concat([wrap('Pod', podBytes), sized(3, 'gzip')])),
    'a bookmark without resourceVersion': frame('BOOKMARK', wrap('Pod', Buffer.alloc(0))),
    JSON: json({ type: 'ADDED', object: pod }),
  }
  for (const [what, bytes] of Object.entries(malformed)) {
    it(`says STREAM_MALFORMED for ${what}`, () => {
      expect(isMalformed(() => format().decodeEvent(bytes, 'protobuf'))).to.equal(true)
    })
  }

  it('takes no part of a frame for an event', () => {
    const whole = frame('MODIFIED', wrap('Pod', podBytes))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(isMalformed(() => format().decodeEvent(whole.subarray(0, length), 'protobuf'))).to.equal(true)
      }),
    )
  })

  it('gives content in protobuf a fingerprint of every byte', () => {
    fc.assert(
      fc.property(fc.nat(podBytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const other = Buffer.from(podBytes)
        other[at]! ^= mask
        expect(fingerprint(other)).to.not.equal(fingerprint(podBytes))
      }),
    )
  })
})
