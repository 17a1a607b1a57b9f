import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { createAuthority } from '../../hack/testbed/pki.ts'

describe('testbed certificates', () => {
  const authority = createAuthority('test-ca')
  const parsedAuthority = new X509Certificate(authority.certificate)

  it('are signed by their authority and no other', () => {
    const leaf = new X509Certificate(authority.issue({ commonName: 'joe' }).certificate)
    const stranger = new X509Certificate(createAuthority('test-ca').certificate)
    expect(leaf.verify(parsedAuthority.publicKey)).to.equal(true)
    expect(leaf.checkIssued(parsedAuthority)).to.equal(true)
    expect(leaf.verify(stranger.publicKey)).to.equal(false)
    expect(parsedAuthority.ca).to.equal(true)
    expect(leaf.ca).to.equal(false)
  })

  it('name the user, every group and every host', () => {
    const hosts = [...Array.from({ length: 12 }, (_, index) => `host-${index}.example`), '127.0.0.1', '10.96.0.1']
    const { certificate } = authority.issue({ commonName: 'joe', organizations: ['a', 'b'], hosts })
    const leaf = new X509Certificate(certificate)
    expect(leaf.subject).to.equal('O=a\nO=b\nCN=joe')
    for (const host of hosts.slice(0, 12)) expect(leaf.checkHost(host)).to.equal(host)
    expect(leaf.checkIP('10.96.0.1')).to.equal('10.96.0.1')
    expect(leaf.checkIP('10.96.0.2')).to.equal(undefined)
  })

  it('end when they are told to', () => {
    const before = Date.now()
    const leaf = new X509Certificate(authority.issue({ commonName: 'joe', validSeconds: 90 }).certificate)
    const endMs = Date.parse(leaf.validTo)
    expect(endMs).to.be.within(before + 89_000, Date.now() + 90_000)
    expect(Date.parse(leaf.validFrom)).to.be.at.most(before)
  })

  it('serve and identify a client over TLS', async () => {
    const own = authority.issue({ commonName: 'server', hosts: ['127.0.0.1'] })
    const client = authority.issue({ commonName: 'client' })
    const server = createServer({
      cert: own.certificate,
      key: own.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const credentials = { cert: client.certificate, key: client.key, ca: authority.certificate }
    const [[accepted]] = await Promise.all([
      once(server, 'secureConnection') as Promise<[TLSSocket]>,
      once(connect({ port, host: '127.0.0.1', ...credentials }).unref(), 'secureConnect'),
    ])
    expect(accepted.getPeerCertificate().subject.CN).to.equal('client')
    accepted.destroy()
    server.close()
  })
})
