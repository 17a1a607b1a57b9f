/** Who may say who the caller is: certificates that are right in all but one thing, and connections over real TLS. */
import { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { createAuthority } from '../../hack/testbed/pki.ts'
import { callerFromHeaders, isFrontProxy } from '../../src/http/identity/front-proxy.ts'
import { parseFrontProxySettings } from '../../src/http/identity/front-proxy-settings.ts'
import { createSelfSignedCertificate } from '../../src/http/tls/self-signed.ts'
import { ApiWorld, aRecord } from '../support/api-world.ts'

const authority = createAuthority('front-proxy-ca')
const other = createAuthority('front-proxy-ca')
const configMap = {
  'client-ca-file': other.certificate,
  'requestheader-client-ca-file': authority.certificate,
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
  'requestheader-uid-headers': '["X-Remote-Uid"]',
  'requestheader-group-headers': '["X-Remote-Group"]',
  'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
}
const settings = parseFrontProxySettings(configMap)!
const issue = (commonName: string, from = authority) => from.issue({ commonName })
const read = ({ certificate }: { certificate: string }) => new X509Certificate(certificate)

describe('front proxy', () => {
  const isOne = (certificate: X509Certificate | undefined, given = settings, nowMs = Date.now()) =>
    isFrontProxy(certificate, given, nowMs)

  it('is whoever has a certificate of its authority with an allowed name', () => {
    expect(isOne(read(issue('front-proxy-client')))).to.equal(true)
    expect(isOne(read(issue('other-name')))).to.equal(false)
    expect(isOne(read(issue('front-proxy-client', other)))).to.equal(false)
    expect(isOne(undefined)).to.equal(false)
    expect(isOne(new X509Certificate(other.certificate))).to.equal(false)
    const own = createSelfSignedCertificate(['front-proxy-client'], Date.now())
    expect(isOne(new X509Certificate(own.certificate))).to.equal(false)
  })

  it('may have any name where none is asked for, but needs the certificate', () => {
    const anyName = { ...settings, allowedNames: [] }
    expect(isOne(read(issue('whoever')), anyName)).to.equal(true)
    expect(isOne(undefined, anyName)).to.equal(false)
  })

  it('is none before and after the time of its certificate', () => {
    const certificate = read(issue('front-proxy-client'))
    expect(isOne(certificate, settings, Date.parse(certificate.validFrom) - 1_000)).to.equal(false)
    expect(isOne(certificate, settings, Date.parse(certificate.validTo) + 1_000)).to.equal(false)
  })

  it('may have one of two authorities while they are exchanged', () => {
    const both = `${other.certificate}\n${authority.certificate}`
    const exchanged = parseFrontProxySettings({ ...configMap, 'requestheader-client-ca-file': both })!
    for (const from of [authority, other])
      expect(isOne(read(issue('front-proxy-client', from)), exchanged)).to.equal(true)
  })

  it('names the caller in headers, each group in one of its own', () => {
    const headers = {
      'x-remote-user': ['anna, the first'],
      'x-remote-uid': ['42'],
      'x-remote-group': ['system:authenticated', 'a, b'],
      'x-remote-extra-example.com%2Fscope': ['one', 'two'],
      'x-remote-extra-': ['nothing'],
      host: ['localhost'],
    }
    expect(callerFromHeaders(headers, settings)).to.deep.equal({
      ...{ username: 'anna, the first', uid: '42', groups: ['system:authenticated', 'a, b'] },
      ...{ extra: { 'example.com/scope': ['one', 'two'] }, via: 'apiServer' },
    })
    expect(callerFromHeaders({ 'x-remote-user': [''], 'x-remote-group': ['system:masters'] }, settings)).to.equal(
      undefined,
    )
  })

  it('is nobody where the API server does not say that it is one, and what cannot be read is an error', () => {
    expect(parseFrontProxySettings({ 'client-ca-file': authority.certificate })).to.equal(undefined)
    expect(() => parseFrontProxySettings({ ...configMap, 'requestheader-allowed-names': '{}' })).to.throw(
      'list of names',
    )
  })
})

describe('front proxy, over TLS', () => {
  const world = new ApiWorld()
  let port = 0
  let stop: () => Promise<void>

  before(async () => {
    world.frontProxy = settings
    world.rights.admin = ['get capacitypolicies */*']
    world.open.push(aRecord('one'))
    const server = await world.start()
    port = server.port
    stop = server.close
  })
  after(() => stop())

  interface Client {
    readonly certificate?: { certificate: string; key: string }
    readonly session?: Buffer
  }

  /** One request; gives the status and the session that can be resumed. */
  function ask({
    certificate,
    session,
  }: Client): Promise<{ status: number; session: Buffer | undefined; isResumed: boolean }> {
    const tls = certificate && { cert: certificate.certificate, key: certificate.key }
    const socket: TLSSocket = connect({ port, rejectUnauthorized: false, ...tls, ...(session && { session }) })
    let kept: Buffer | undefined
    let isResumed = false
    socket.on('session', (next: Buffer) => {
      kept = next
    })
    return new Promise((resolve, reject) => {
      let text = ''
      socket.once('error', reject)
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      socket.once('close', () => {
        resolve({ status: Number(text.split(' ')[1]), session: kept, isResumed })
      })
      const head = 'GET /api/v1/alerts HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-remote-user: admin\r\n\r\n'
      socket.once('secureConnect', () => {
        isResumed = socket.isSessionReused()
        socket.write(head)
      })
    })
  }

  it('lets in the API server’s certificate, and no other', async () => {
    expect((await ask({ certificate: issue('front-proxy-client') })).status).to.equal(200)
    const wrong = [undefined, issue('other-name'), issue('front-proxy-client', other)]
    for (const certificate of wrong) {
      expect((await ask(certificate === undefined ? {} : { certificate })).status).to.equal(401)
    }
  })

  it('takes no resumed connection for the API server’s that was not', async () => {
    const { session } = await ask({})
    expect(session).to.be.instanceOf(Buffer)
    const again = await ask({ session: session! })
    expect([again.isResumed, again.status]).to.deep.equal([true, 401])
  })

  it('forgets a resumed connection’s right with the authority that gave it', async () => {
    const { session } = await ask({ certificate: issue('front-proxy-client') })
    world.frontProxy = parseFrontProxySettings({ ...configMap, 'requestheader-client-ca-file': other.certificate })
    const again = await ask({ session: session! })
    world.frontProxy = settings
    expect([again.isResumed, again.status]).to.deep.equal([true, 401])
    expect((await ask({ session: session! })).status, 'with the authority back').to.equal(200)
  })
})
