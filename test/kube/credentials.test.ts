import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type CertificateAuthority, createAuthority } from '../../hack/testbed/pki.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText } from '../../src/base/errors.ts'
import { createKubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { startTestServer } from '../support/test-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('CredentialSource', () => {
  let folder: string
  let kubeconfig: string
  let clock: VirtualClock
  let problems: string[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-credentials-'))
    kubeconfig = join(folder, 'kubeconfig')
    clock = new VirtualClock()
    problems = []
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  interface Written {
    readonly server: string
    readonly ca?: string
    readonly context?: string
    readonly user?: object
  }

  function write({ server, ca = 'ca', context = 'c', user = { token: 't' } }: Written): void {
    const authority = { 'certificate-authority-data': Buffer.from(ca).toString('base64') }
    const plain = { 'insecure-skip-tls-verify': true }
    const other = { name: 'other', cluster: { server: 'https://other' } }
    const text = {
      'current-context': context,
      contexts: [
        { name: 'c', context: { cluster: 'c', user: 'u' } },
        { name: 'other', context: { cluster: 'other', user: 'u' } },
      ],
      clusters: [{ name: 'c', cluster: { server, ...(server.startsWith('https') ? authority : plain) } }, other],
      users: [{ name: 'u', user }],
    }
    writeFileSync(kubeconfig, JSON.stringify(text))
  }

  /** One that counts how often it is asked. */
  function plugin(): { readonly command: string; runs(): number } {
    const command = join(folder, 'plugin')
    const script = `#!/bin/sh
echo run >> "${folder}/runs"
printf '{"kind":"ExecCredential","status":{"token":"t"}}'
`
    writeFileSync(command, script, { mode: 0o755 })
    return { command, runs: () => readFileSync(join(folder, 'runs'), 'utf8').split('\n').length - 1 }
  }

  const open = () =>
    new CredentialSource((context) => loadKubeConfig({ kubeconfig, context }), clock, {
      onUnreadable: (problem) => problems.push(errorText(problem)),
    })

  const seenBy = async (source: CredentialSource) => {
    const { server, tls } = await source.current()
    return { server, ca: String(tls.ca) }
  }

  it('sees another authority and another server after a failed handshake', async () => {
    write({ server: 'https://one', ca: 'first' })
    const source = open()
    expect(await seenBy(source)).to.deep.equal({ server: 'https://one', ca: 'first' })
    write({ server: 'https://two', ca: 'second' })
    source.invalidate()
    expect(await seenBy(source)).to.deep.equal({ server: 'https://two', ca: 'second' })
    expect(source.server).to.equal('https://two')
  })

  it('sees them within a minute even if nothing failed', async () => {
    write({ server: 'https://one', ca: 'first' })
    const source = open()
    await source.current()
    write({ server: 'https://two', ca: 'second' })
    expect(await seenBy(source)).to.deep.equal({ server: 'https://one', ca: 'first' })
    await clock.advance(61_000)
    expect(await seenBy(source)).to.deep.equal({ server: 'https://two', ca: 'second' })
  })

  it('makes other connections for another server, as another proxy may lead to it', async () => {
    write({ server: 'https://one' })
    const source = open()
    const before = await source.current()
    write({ server: 'https://two' })
    source.invalidate()
    expect((await source.current()).connectionIdentity).not.to.equal(before.connectionIdentity)
  })

  it('goes on with the old kubeconfig while the new one cannot be read, and says so once', async () => {
    write({ server: 'https://one', ca: 'first' })
    const source = open()
    const before = await source.current()
    writeFileSync(kubeconfig, '{"clusters": [')
    for (let round = 0; round < 3; round += 1) {
      source.invalidate()
      expect(await seenBy(source)).to.deep.equal({ server: 'https://one', ca: 'first' })
    }
    expect(problems.length).to.equal(1)
    expect(problems[0]).to.contain(kubeconfig)
    expect((await source.renewed(await source.current())).server).to.equal(before.server)
    write({ server: 'https://two', ca: 'second' })
    await clock.advance(61_000)
    expect(await seenBy(source)).to.deep.equal({ server: 'https://two', ca: 'second' })
    writeFileSync(kubeconfig, '{"clusters": [')
    await clock.advance(61_000)
    await source.current()
    expect(problems.length).to.equal(2)
  })

  it('stays in its context while a person changes to another one', async () => {
    write({ server: 'https://one' })
    const source = open()
    await source.current()
    write({ server: 'https://two', context: 'other' })
    source.invalidate()
    expect((await source.current()).server).to.equal('https://two')
    expect((await source.renewed(await source.current())).server).to.equal('https://two')
  })

  it('asks a plug-in again where the kubeconfig changed, not where it is the same', async () => {
    const { command, runs } = plugin()
    write({ server: 'https://one', user: { exec: { command } } })
    const source = open()
    await source.current()
    source.invalidate()
    await source.current()
    await clock.advance(61_000)
    await source.current()
    expect(runs()).to.equal(1)
    write({ server: 'https://one', user: { exec: { command, args: ['now'] } } })
    await clock.advance(61_000)
    await source.current()
    expect(runs()).to.equal(2)
    rmSync(kubeconfig)
    await source.renewed(await source.current())
    expect(runs(), 'a refused answer is not used again, whether the kubeconfig can be read or not').to.equal(3)
  })

  it('asks a plug-in once for all who were refused at the same time', async () => {
    const { command, runs } = plugin()
    write({ server: 'https://one', user: { exec: { command } } })
    const source = open()
    const refused = await source.current()
    const renewed = await Promise.all([source.renewed(refused), source.renewed(refused), source.renewed(refused)])
    expect(new Set(renewed).size).to.equal(1)
    expect(renewed[0]).not.to.equal(refused)
    expect(runs()).to.equal(2)
  })

  describe('with a server', () => {
    const servers: Server[] = []
    afterEach(() => {
      for (const server of servers.splice(0)) {
        server.closeAllConnections()
        server.close()
      }
    })

    async function serve(authority: CertificateAuthority): Promise<string> {
      const { certificate, key } = authority.issue({ commonName: 'server', hosts: ['127.0.0.1'] })
      const server = createServer({ cert: certificate, key }, (_request, response) => response.end('{"isNew":true}'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      servers.push(server)
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    }

    it('reaches it again when its authority was exchanged: the first call fails, the next does not', async () => {
      const [old, current] = [createAuthority('old'), createAuthority('current')]
      const server = await serve(current)
      write({ server, ca: old.certificate })
      const client = createKubeClient({ credentials: open(), clock: systemClock })
      const ask = () => client.requestJson({ path: '/', signal: AbortSignal.timeout(60_000) })
      try {
        expect(
          await ask().then(
            () => '',
            (error: unknown) => errorText(error),
          ),
        ).to.match(/certificate/)
        write({ server, ca: current.certificate })
        expect(await ask()).to.deep.equal({ isNew: true })
      } finally {
        await client.close()
      }
    })

    it('follows it to another address, with the proxy that leads there', async () => {
      const direct = await startTestServer((_request, response) => response.end('{"by":"itself"}'))
      const proxy = await startTestServer((request, response) => response.end(JSON.stringify({ by: request.url })))
      write({ server: direct.url })
      const source = open()
      const client = createKubeClient({ credentials: source, clock: systemClock, proxies: { httpProxy: proxy.url } })
      const ask = () => client.requestJson({ path: '/', signal: AbortSignal.timeout(60_000) })
      try {
        expect(await ask()).to.deep.equal({ by: 'itself' })
        write({ server: 'http://cluster.invalid' })
        source.invalidate()
        expect(await ask()).to.deep.equal({ by: 'http://cluster.invalid/' })
      } finally {
        await client.close()
        await direct.stop()
        await proxy.stop()
      }
    })
  })
})
