import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { hasCode } from '../../src/base/errors.ts'
import { currentNamespace, loadKubeConfig } from '../../src/kube/kube-config.ts'

describe('loadKubeConfig', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-config-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function file(name: string, server: string, user: object = { token: 't' }): string {
    const path = join(folder, name)
    const text = {
      'current-context': name,
      contexts: [
        { name, context: { cluster: name, user: name, namespace: `ns-${name}` } },
        { name: 'shared', context: { cluster: name, user: name } },
      ],
      clusters: [{ name, cluster: { server } }],
      users: [{ name, user }],
    }
    writeFileSync(path, JSON.stringify(text))
    return path
  }

  it('takes the current context, or the one that is asked for', () => {
    const kubeconfig = file('one', 'https://one')
    expect(loadKubeConfig({ kubeconfig }).getCurrentContext()).to.equal('one')
    expect(currentNamespace(loadKubeConfig({ kubeconfig }))).to.equal('ns-one')
    const shared = loadKubeConfig({ kubeconfig, context: 'shared' })
    expect(shared.getCurrentContext()).to.equal('shared')
    expect(currentNamespace(shared)).to.equal('default')
  })

  it('names the contexts there are when it is asked for another', () => {
    const kubeconfig = file('one', 'https://one')
    expect(() => loadKubeConfig({ kubeconfig, context: 'two' })).to.throw(/"two".*one, shared/)
  })

  it('merges several files, the first counts, missing ones do not', () => {
    const kubeconfig = [join(folder, 'missing'), file('one', 'https://one'), file('two', 'https://two')].join(delimiter)
    const config = loadKubeConfig({ kubeconfig })
    expect(config.getCurrentCluster()?.server).to.equal('https://one')
    expect(config.getClusters().map(({ name }) => name)).to.deep.equal(['one', 'two'])
    const shared = loadKubeConfig({ kubeconfig, context: 'shared' })
    expect(shared.getCurrentCluster()?.server).to.equal('https://one')
  })

  it('finds files beside the kubeconfig', () => {
    const user = { tokenFile: 'token', 'client-certificate': 'c.crt', 'client-key': '/abs/c.key' }
    const config = loadKubeConfig({ kubeconfig: file('one', 'https://one', user) })
    expect(config.getCurrentUser()).to.deep.include({ certFile: join(folder, 'c.crt'), keyFile: '/abs/c.key' })
    expect(config.getCurrentUser()?.authProvider.config.tokenFile).to.equal(join(folder, 'token'))
    const exec = loadKubeConfig({ kubeconfig: file('two', 'https://two', { exec: { command: './bin/login' } }) })
    expect(exec.getCurrentUser()?.exec.command).to.equal(join(folder, 'bin/login'))
    const onPath = loadKubeConfig({ kubeconfig: file('three', 'https://three', { exec: { command: 'login' } }) })
    expect(onPath.getCurrentUser()?.exec.command).to.equal('login')
  })

  it('says CREDENTIALS and which file, for one that is missing, broken or without a context', () => {
    const isCredentials = (error: unknown) => hasCode(error, 'CREDENTIALS')
    const missing = join(folder, 'missing')
    expect(() => loadKubeConfig({ kubeconfig: missing }))
      .to.throw(/missing/)
      .that.satisfies(isCredentials)
    const broken = join(folder, 'broken')
    writeFileSync(broken, 'clusters: [')
    expect(() => loadKubeConfig({ kubeconfig: broken }))
      .to.throw(/broken/)
      .that.satisfies(isCredentials)
    const empty = join(folder, 'empty')
    writeFileSync(empty, '{"clusters":[]}')
    expect(() => loadKubeConfig({ kubeconfig: empty }))
      .to.throw(/use-context/)
      .that.satisfies(isCredentials)
  })
})
