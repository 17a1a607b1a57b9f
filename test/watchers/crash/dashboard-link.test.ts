import { expect } from 'chai'
import { dashboardLink, placeholderNames, unknownPlaceholders } from '../../../src/watchers/crash/dashboard-link.ts'

const values = { namespace: 'shop', workload: 'Deployment/web', reason: 'Error', id: 'a1' }

describe('a dashboard link', () => {
  it('has what it is about in place of the placeholders, wherever and however often', () => {
    const template = 'https://k.example/app?q=(ns:{{namespace}})&w={{ workload }}&again={{namespace}}#{{id}}'
    expect(dashboardLink(template, values)).to.equal(
      'https://k.example/app?q=(ns:shop)&w=Deployment%2Fweb&again=shop#a1',
    )
  })

  it('leads nowhere else, whatever the values are', () => {
    const cluster = `x/../&?#"<a>'(b)!*%41 é`
    expect(dashboardLink('https://k.example/{{cluster}}', { ...values, cluster })).to.equal(
      'https://k.example/x%2F..%2F%26%3F%23%22%3Ca%3E%27%28b%29%21%2A%2541%20%C3%A9',
    )
    expect(dashboardLink('https://k.example/{{cluster}}', { ...values, cluster: '{{id}} $& $1' })).to.equal(
      'https://k.example/%7B%7Bid%7D%7D%20%24%26%20%241',
    )
  })

  it('has nothing where there is nothing', () => {
    expect(dashboardLink('https://k.example/?p={{pod}}&n={{node}}', values)).to.equal('https://k.example/?p=&n=')
  })

  it('leaves what it does not know, and says so', () => {
    const template = 'https://k.example/{{pods}}/{{constructor}}/{{namespace}}/{{}}'
    expect(dashboardLink(template, values)).to.equal('https://k.example/{{pods}}/{{constructor}}/shop/{{}}')
    expect(unknownPlaceholders(template)).to.deep.equal(['{{pods}}', '{{constructor}}', '{{}}'])
  })

  it('takes no time that grows beyond the template', () => {
    expect(dashboardLink('{{'.repeat(50_000), values)).to.have.length(100_000)
  })

  it('knows the placeholders that the field promises', () => {
    expect(placeholderNames.join()).to.equal('cluster,namespace,workload,pod,container,reason,node,id')
  })
})
