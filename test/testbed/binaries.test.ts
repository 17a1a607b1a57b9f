import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { binaryPath, missingArtifacts } from '../../hack/testbed/binaries.ts'
import { chooseParts, parts } from '../../hack/testbed/parts.ts'

const names = ['DOGWATCH_CACHE', 'KUBEBUILDER_ASSETS', 'TEST_ASSET_KUBE_APISERVER'] as const

describe('the programs of a cluster', () => {
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  let folder: string

  const asset = (name: string): string => {
    writeFileSync(join(folder, name), '')
    return join(folder, name)
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-assets-'))
    for (const name of names) delete process.env[name]
    process.env.DOGWATCH_CACHE = join(folder, 'cache')
  })
  afterEach(() => {
    for (const name of names) {
      const value = before[name]
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true })
  })

  const base = [parts.etcd, parts['kube-apiserver']]
  const missing = () => missingArtifacts(base).map(({ name }) => name)

  it('come from the cache, where they are built', () => {
    expect(binaryPath(parts.etcd)).to.match(/cache\/etcd-[\d.]+\/etcd$/)
    expect(missing()).to.deep.equal(['etcd', 'kubernetes'])
  })

  it('come from KUBEBUILDER_ASSETS as far as they are there', () => {
    process.env.KUBEBUILDER_ASSETS = folder
    const etcd = asset('etcd')
    expect(binaryPath(parts.etcd)).to.equal(etcd)
    expect(binaryPath(parts['kube-apiserver'])).to.include('cache/kubernetes-')
    expect(missing()).to.deep.equal(['kubernetes'])
  })

  it('come from a variable of their own before that', () => {
    process.env.KUBEBUILDER_ASSETS = folder
    asset('etcd')
    asset('kube-apiserver')
    process.env.TEST_ASSET_KUBE_APISERVER = asset('another-apiserver')
    expect(binaryPath(parts['kube-apiserver'])).to.equal(join(folder, 'another-apiserver'))
    expect(missing()).to.deep.equal([])
  })

  it('start in an order in which each finds what it needs', () => {
    const all = chooseParts({ controllers: true, node: true, kwok: true, metricsServer: true })
    expect(all).to.deep.equal(Object.keys(parts))
    expect(chooseParts({ controllers: false, node: false, kwok: false, metricsServer: false })).to.deep.equal([
      'etcd',
      'kube-apiserver',
    ])
  })
})
