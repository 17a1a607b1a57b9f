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

  describe('of an exec plug-in', () => {
    const authority = Buffer.from('PEM').toString('base64')

    /** What the plug-in of this kubeconfig is told in its environment. */
    function told(cluster: object, exec: object, options: { context?: string } = {}) {
      const path = join(folder, 'exec')
      const extensions = [
        { name: 'other', extension: { a: 1 } },
        { name: 'client.authentication.k8s.io/exec', extension: { audience: 'dev', deep: { list: [1] } } },
      ]
      const text = {
        'current-context': 'c',
        contexts: [
          { name: 'c', context: { cluster: 'c', user: 'u' } },
          { name: 'd', context: { cluster: 'd', user: 'u' } },
        ],
        clusters: [
          { name: 'c', cluster: { server: 'https://one:6443', extensions, ...cluster } },
          { name: 'd', cluster: { server: 'https://two' } },
        ],
        users: [{ name: 'u', user: { exec: { command: 'login', env: [{ name: 'A', value: 'b' }], ...exec } } }],
      }
      writeFileSync(path, JSON.stringify(text))
      const env: { name: string; value: string }[] = loadKubeConfig({ kubeconfig: path, ...options }).getCurrentUser()!
        .exec.env
      expect(env[0]).to.deep.equal({ name: 'A', value: 'b' })
      return JSON.parse(env.find(({ name }) => name === 'KUBERNETES_EXEC_INFO')!.value)
    }

    it('tells it the whole cluster where it asks for that', () => {
      const version = 'client.authentication.k8s.io/v1beta1'
      const cluster = {
        'certificate-authority-data': authority,
        'tls-server-name': 'name',
        'proxy-url': 'http://proxy:3128',
        'disable-compression': true,
      }
      expect(told(cluster, { apiVersion: version, provideClusterInfo: true })).to.deep.equal({
        apiVersion: version,
        kind: 'ExecCredential',
        spec: {
          interactive: false,
          cluster: {
            server: 'https://one:6443',
            'tls-server-name': 'name',
            'certificate-authority-data': authority,
            'proxy-url': 'http://proxy:3128',
            'disable-compression': true,
            config: { audience: 'dev', deep: { list: [1] } },
          },
        },
      })
      expect(told({ 'insecure-skip-tls-verify': true }, { provideClusterInfo: true }).spec.cluster).to.deep.equal({
        server: 'https://one:6443',
        'insecure-skip-tls-verify': true,
        config: { audience: 'dev', deep: { list: [1] } },
      })
    })

    it('tells it the cluster of the context that is asked for, and of an authority what its file holds', () => {
      expect(told({}, { provideClusterInfo: true }, { context: 'd' }).spec.cluster).to.deep.equal({
        server: 'https://two',
      })
      writeFileSync(join(folder, 'ca.crt'), 'PEM')
      const { cluster } = told({ 'certificate-authority': 'ca.crt' }, { provideClusterInfo: true }).spec
      expect(cluster['certificate-authority-data']).to.equal(authority)
      expect(() => told({ 'certificate-authority': 'absent.crt' }, { provideClusterInfo: true }))
        .to.throw(/absent\.crt/)
        .that.satisfies((error: unknown) => hasCode(error, 'CREDENTIALS'))
    })

    it('tells it no cluster where it does not ask', () => {
      expect(told({ 'certificate-authority-data': authority }, {})).to.deep.equal({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        spec: { interactive: false },
      })
    })
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
