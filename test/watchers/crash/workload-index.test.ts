import { expect } from 'chai'
import { WorkloadIndex } from '../../../src/watchers/crash/workload-index.ts'

describe('an index by workload', () => {
  it('finds the incidents of a workload, whatever else is kept, until they are over', () => {
    const index = new WorkloadIndex<string>()
    for (let i = 0; i < 100; i++) index.set(`shop/Deployment/web-${i}/main`, `web-${i}`)
    index.set('shop/Deployment/web-1/proxy', 'proxy of web-1')
    index.set('shop/Deployment/web-1/', 'web-1 as a whole')
    index.set('shop/Deployment/web-1/main', 'web-1 again')
    const web = 'shop/Deployment/web-1'
    expect(index.valuesOf([web])).to.deep.equal(['web-1 again', 'proxy of web-1', 'web-1 as a whole'])
    expect(index.valuesOf([web, 'shop/Deployment/web-7', 'shop/Pod/web-7'])).to.have.length(4)
    index.delete('shop/Deployment/web-1/main')
    expect(index.valuesOf([web])).to.deep.equal(['proxy of web-1', 'web-1 as a whole'])
    for (const container of ['proxy', '']) index.delete(`shop/Deployment/web-1/${container}`)
    expect(index.valuesOf([web])).to.deep.equal([])
    expect(index.values()).to.have.length(99)
    index.clear()
    expect([index.values(), index.valuesOf(['shop/Deployment/web-7'])]).to.deep.equal([[], []])
  })
})
