import { expect } from 'chai'
import { textWithoutManagedFields } from '../../src/kube/object-text.ts'

const managedFields = [
  {
    manager: 'kubectl',
    operation: 'Update',
    fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {} } } } },
  },
  { manager: 'kubelet', subresource: 'status', fieldsV1: { 'f:status': {} } },
]
const cut = (object: object) => JSON.parse(textWithoutManagedFields(Buffer.from(JSON.stringify(object))))

describe('textWithoutManagedFields', () => {
  it('leaves out managedFields and nothing else', () => {
    const metadata = { name: 'grün', annotations: { note: ',"managedFields":[ and ]},"spec":' } }
    const rest = { spec: { nodeName: 'a' }, status: { phase: 'Running' } }
    expect(cut({ metadata: { ...metadata, managedFields }, ...rest })).to.deep.equal({ metadata, ...rest })
  })

  it('keeps every object whole that is written otherwise', () => {
    const objects = [
      { metadata: { name: 'a' }, spec: {} },
      { metadata: { name: 'a', managedFields }, data: {} },
      { metadata: { name: 'a', annotations: { 'x"y': ',"managedFields":[' } }, spec: { text: ']},"spec":' } },
    ]
    for (const object of objects) expect(cut(object)).to.deep.equal(object)
  })
})
