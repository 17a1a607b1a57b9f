import { expect } from 'chai'
import { objectKey, resourceName, resourcePath } from '../../src/kube/resource.ts'

const pods = { group: '', version: 'v1', resource: 'pods' }
const deployments = { group: 'apps', version: 'v1', resource: 'deployments' }

describe('resourcePath', () => {
  const rows = [
    { type: pods, at: undefined, path: '/api/v1/pods' },
    { type: pods, at: { namespace: 'shop' }, path: '/api/v1/namespaces/shop/pods' },
    { type: pods, at: { namespace: 'shop', name: 'web-0' }, path: '/api/v1/namespaces/shop/pods/web-0' },
    {
      type: deployments,
      at: { namespace: 'shop', name: 'web', subresource: 'status' },
      path: '/apis/apps/v1/namespaces/shop/deployments/web/status',
    },
    { type: pods, at: { name: 'a/b?c' }, path: '/api/v1/pods/a%2Fb%3Fc' },
  ]
  for (const { type, at, path } of rows) it(path, () => expect(resourcePath(type, at)).to.equal(path))
})

describe('names of kinds and objects', () => {
  it('leaves the core group out', () => {
    expect(resourceName(pods)).to.equal('pods')
    expect(resourceName(deployments)).to.equal('deployments.apps')
  })

  it('keys an object by namespace and name', () => {
    expect(objectKey({ namespace: 'shop', name: 'web-0' })).to.equal('shop/web-0')
    expect(objectKey({ name: 'node-1' })).to.equal('node-1')
    expect(objectKey({ namespace: '', name: 'node-1' })).to.equal('node-1')
  })
})
