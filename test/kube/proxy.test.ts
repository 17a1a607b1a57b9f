import { expect } from 'chai'
import { proxyEnvironment, proxyFor } from '../../src/kube/proxy.ts'

const proxy = 'http://proxy.example:3128'
const through = (server: string, noProxy = '') =>
  proxyFor(new URL(server), { httpsProxy: proxy, httpProxy: undefined, noProxy }) === proxy

describe('proxyFor', () => {
  const rows: { server: string; noProxy: string; isProxied: boolean }[] = [
    { server: 'https://api.example:6443', noProxy: '', isProxied: true },
    { server: 'https://localhost:6443', noProxy: '', isProxied: false },
    { server: 'https://127.0.0.1:6443', noProxy: '', isProxied: false },
    { server: 'https://[::1]:6443', noProxy: '', isProxied: false },
    { server: 'https://10.96.0.1', noProxy: '10.96.0.0/12', isProxied: false },
    { server: 'https://10.112.0.1', noProxy: '10.96.0.0/12', isProxied: true },
    { server: 'https://[fd00::1]', noProxy: 'fd00::/8', isProxied: false },
    { server: 'https://10.96.0.1', noProxy: '10.96.0.0/99', isProxied: true },
    { server: 'https://api.example', noProxy: '10.96.0.0/12', isProxied: true },
    { server: 'https://api.corp.example', noProxy: 'corp.example', isProxied: false },
    { server: 'https://api.corp.example', noProxy: '.corp.example', isProxied: false },
    { server: 'https://corp.example', noProxy: '.corp.example', isProxied: false },
    { server: 'https://corp.example', noProxy: '*.corp.example', isProxied: true },
    { server: 'https://xcorp.example', noProxy: 'corp.example', isProxied: true },
    { server: 'https://API.corp.EXAMPLE', noProxy: 'Corp.example', isProxied: false },
    { server: 'https://api.example:6443', noProxy: 'api.example:443', isProxied: true },
    { server: 'https://api.example:6443', noProxy: 'a, api.example:6443', isProxied: false },
    { server: 'https://api.example', noProxy: 'api.example:443', isProxied: false },
    { server: 'https://api.example', noProxy: '*', isProxied: false },
  ]
  for (const { server, noProxy, isProxied } of rows) {
    it(`${server} with NO_PROXY="${noProxy}": ${isProxied ? 'proxied' : 'direct'}`, () => {
      expect(through(server, noProxy)).to.equal(isProxied)
    })
  }

  it('takes the proxy of the scheme, and completes a bare address', () => {
    expect(proxyFor(new URL('http://api.example'), { httpsProxy: proxy })).to.equal(undefined)
    expect(proxyFor(new URL('https://api.example'), { httpsProxy: 'proxy.example:3128' })).to.equal(proxy)
  })
})

describe('proxyEnvironment', () => {
  it('reads lower case first', () => {
    const read = proxyEnvironment({ https_proxy: 'a', HTTPS_PROXY: 'b', HTTP_PROXY: 'c', NO_PROXY: 'd' })
    expect(read).to.deep.equal({ httpsProxy: 'a', httpProxy: 'c', noProxy: 'd' })
  })
})
