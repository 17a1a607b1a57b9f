/** The installs under config/ on a real API server: what it says to them, and what the operator is then allowed to do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const tenant = 'team-a'
const systemNamespace = 'dogwatch-system'

describe('config/ on a real API server', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let overlay: string

  before(async function () {
    const missing = missingForCluster({})
    skipUnless(this, missing.length === 0, 'the control plane is not built: hack/testbed/testbed build')
    cluster = await startCluster()
    overlay = await mkdtemp(join(tmpdir(), 'dogwatch-overlay.'))
    await createNamespace(tenant, { 'pod-security.kubernetes.io/enforce': 'restricted' })
  })

  after(async () => {
    await cluster?.stop()
    if (overlay !== undefined) await rm(overlay, { recursive: true })
  })

  /** An install for the tenant's namespace, as a user writes it. */
  async function writeOverlay(): Promise<string> {
    const base = relative(overlay, join(root, 'config/namespaced'))
    await writeFile(join(overlay, 'kustomization.yaml'), `namespace: ${tenant}\nresources: [${base}]\n`)
    return overlay
  }

  async function createNamespace(name: string, labels: Record<string, string>): Promise<void> {
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }])
  }

  /** The namespace's one pod, which exists only when pod security has admitted it. */
  async function admittedPod(namespace: string): Promise<string> {
    const deadline = performance.now() + 60_000
    for (;;) {
      const names = await cluster.mustKubectl(['get', 'pods', '-n', namespace, '-o', 'name'])
      if (names !== '') return names.trim()
      if (performance.now() > deadline) throw new Error(await cluster.mustKubectl(['get', 'events', '-n', namespace]))
      await sleep(100)
    }
  }

  async function isAllowed(account: string, namespace: string, access: string): Promise<boolean> {
    const { stdout } = await cluster.kubectl([
      ...['auth', 'can-i', '-n', namespace, '--as', `system:serviceaccount:${account}`],
      ...access.split(' '),
    ])
    return stdout.trim() === 'yes'
  }

  for (const folder of ['config', 'config/persistent']) {
    it(`${folder} is applied without a warning, its pod is admitted as restricted, and a second apply changes nothing`, async () => {
      const directory = join(root, folder)
      const first = await cluster.kubectl(['apply', '-k', directory])
      expect(first).to.include({ code: 0, stderr: '' })
      expect(await admittedPod(systemNamespace)).to.match(/^pod\/dogwatch-/)
      const second = await cluster.mustKubectl(['apply', '-k', directory])
      expect(second.trim().split('\n')).to.satisfy((lines: string[]) =>
        lines.every((line) => line.endsWith('unchanged')),
      )
      expect(await cluster.mustKubectl(['diff', '-k', directory])).to.equal('')
    })
  }

  it("config/namespaced follows an overlay into another namespace, by that namespace's admin", async () => {
    await cluster.mustKubectl(['create', 'rolebinding', '-n', tenant, 'ann', '--clusterrole=admin', '--user=ann'])
    const applied = await cluster.kubectl(['apply', '--as=ann', '-k', await writeOverlay()])
    expect(applied).to.include({ code: 0, stderr: '' })
    expect(await admittedPod(tenant)).to.match(/^pod\/dogwatch-/)
    const text = await cluster.mustKubectl(['kustomize', overlay])
    expect(text).not.to.include(systemNamespace)
    expect(text).not.to.match(/kind: Cluster/)
  })

  it('gives the rights of the install and none beyond', async () => {
    const clusterWide = `${systemNamespace}:dogwatch`
    const namespaceOnly = `${tenant}:dogwatch`
    expect(await isAllowed(clusterWide, 'default', 'list pods')).to.equal(true)
    expect(await isAllowed(clusterWide, 'default', 'watch nodes')).to.equal(true)
    expect(await isAllowed(clusterWide, systemNamespace, 'update leases.coordination.k8s.io')).to.equal(true)
    expect(await isAllowed(clusterWide, 'default', 'update leases.coordination.k8s.io')).to.equal(false)
    expect(await isAllowed(clusterWide, systemNamespace, 'list secrets')).to.equal(false)
    expect(await isAllowed(namespaceOnly, tenant, 'list pods')).to.equal(true)
    expect(await isAllowed(namespaceOnly, tenant, 'patch capacitypolicies.dogwatch.dev --subresource=status')).to.equal(
      true,
    )
    expect(await isAllowed(namespaceOnly, 'default', 'list pods')).to.equal(false)
    expect(await isAllowed(namespaceOnly, tenant, 'list nodes')).to.equal(false)
  })

  it('config is removed whole, and a tenant keeps what is his', async () => {
    const deleted = await cluster.kubectl(['delete', '--timeout=60s', '-k', join(root, 'config/persistent')])
    const left = await cluster.mustKubectl(['get', '--ignore-not-found', '-o', 'yaml', 'namespace', systemNamespace])
    expect(left, deleted.stderr).to.equal('')
    expect(await admittedPod(tenant)).to.match(/^pod\/dogwatch-/)
  })
})
