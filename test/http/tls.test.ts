/** The API's own certificate: made, read from files, and exchanged while the server runs. */
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { createAuthority } from '../../hack/testbed/pki.ts'
import { silentLogger } from '../../src/base/log.ts'
import { CertificateWatch, readCertificate } from '../../src/http/tls/certificate-files.ts'
import { createSelfSignedCertificate, type ServingCertificate } from '../../src/http/tls/self-signed.ts'
import { ApiWorld, ownCertificate } from '../support/api-world.ts'
import { eventually } from '../support/eventually.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** The certificate that a server shows to a client that checks it. */
function shown(port: number, ca: string, servername: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca, servername }, () => {
      resolve(socket.getPeerX509Certificate()!)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('certificate of the API', () => {
  it('is one that a client takes who was given it, for its names only and for years', async () => {
    const server = await new ApiWorld().start()
    const certificate = await shown(server.port, ownCertificate.certificate, 'localhost')
    expect(certificate.subjectAltName).to.equal('DNS:localhost, IP Address:127.0.0.1')
    expect(Date.parse(certificate.validTo)).to.be.greaterThan(Date.now() + 9 * 365 * 86_400_000)
    const refusal = await shown(server.port, ownCertificate.certificate, 'other').catch((error: Error) => error.message)
    expect(refusal).to.include('altnames')
    await server.close()
  })

  it('is another each time', () => {
    const [one, two] = [0, 1].map(() => createSelfSignedCertificate(['localhost'], Date.now()))
    expect(one?.key).not.to.equal(two?.key)
    const serials = [one, two].map((made) => new X509Certificate(made!.certificate).serialNumber)
    expect(serials[0]).not.to.equal(serials[1])
  })

  describe('from files', () => {
    let folder: string
    const files = () => ({ certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') })
    const authority = createAuthority('ca')
    const issue = (): ServingCertificate => authority.issue({ commonName: 'dogwatch', hosts: ['localhost'] })

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'dogwatch-tls.'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    async function write({ certificate, key }: ServingCertificate): Promise<void> {
      await writeFile(files().certificate, certificate)
      await writeFile(files().key, key)
    }

    it('names the files that are missing or do not belong together', async () => {
      const complaint = () => readCertificate(files()).catch((error: Error) => error.message)
      expect(await complaint()).to.match(/tls.crt and .*tls.key are no certificate and its key: ENOENT/)
      await write({ certificate: issue().certificate, key: issue().key })
      expect(await complaint()).to.match(/are no certificate and its key: the key belongs to another certificate/)
      for (const key of ['', 'no key', authority.key.slice(0, 60)]) {
        await write({ certificate: issue().certificate, key })
        expect(await complaint(), key).to.match(/are no certificate and its key/)
      }
    })

    it('is exchanged when the files change, and stays while they cannot be used', async () => {
      const [first, second] = [issue(), issue()]
      await write(first)
      const server = await new ApiWorld().start()
      server.exchange(await readCertificate(files()))
      const clock = new VirtualClock()
      const onChange = (next: ServingCertificate) => server.exchange(next)
      const watch = new CertificateWatch({ files: files(), clock, logger: silentLogger, onChange }, first)
      const serial = async () => (await shown(server.port, authority.certificate, 'localhost')).serialNumber
      const serialOf = ({ certificate }: ServingCertificate) => new X509Certificate(certificate).serialNumber
      await writeFile(files().certificate, 'half written')
      await clock.advance(10_000)
      expect(await serial()).to.equal(serialOf(first))
      await write(second)
      await eventually('the new certificate', async () => {
        await clock.advance(10_000)
        return (await serial()) === serialOf(second)
      })
      watch.stop()
      await server.close()
      await eventually('no timer is left', () => clock.pendingTimers === 0)
    })
  })
})
