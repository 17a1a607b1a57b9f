import { createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import type { Email } from 'postal-mime'
import type { SMTPServerOptions } from 'smtp-server'
import { createAuthority } from '../../../hack/testbed/pki.ts'
import type { ChannelSpec } from '../../../src/api/channels.ts'
import { createEmailNotifier } from '../../../src/notify/channels/email/email.ts'
import type { FailedDelivery, IncidentData, Notifier } from '../../../src/notify/notifier.ts'
import { anAlert } from '../../support/channel-messages.ts'
import { BreakingProxy, MailServer, mailUser } from '../../support/mail-server.ts'
import { aCrash, againOf, aNewMessage, send } from '../../support/notifications.ts'
import { type TestSecrets, testSecrets } from '../../support/test-secrets.ts'
import { channelContract } from './contract.ts'

const authority = createAuthority('mail test')
const { certificate: cert, key } = authority.issue({ commonName: 'mail', hosts: ['localhost'] })
const auth = { usernameSecretRef: { name: 'mail', key: 'user' }, passwordSecretRef: { name: 'mail', key: 'password' } }
const caSecretRef = { name: 'mail', key: 'ca.crt' }
const receiver = { namespace: 'dogwatch-system', name: 'oncall' }
const signal = new AbortController().signal

describe('email', () => {
  let server: MailServer
  let secrets: TestSecrets
  const closing: { stop(): Promise<void> }[] = []

  beforeEach(() => {
    secrets = testSecrets({
      'mail/user': mailUser.user,
      'mail/password': mailUser.pass,
      'mail/ca.crt': authority.certificate,
    })
  })
  afterEach(async () => {
    for (const one of closing.splice(0).reverse()) await one.stop()
  })

  async function serve(options: SMTPServerOptions = { cert, key }): Promise<void> {
    server = await new MailServer(options).start()
    closing.push(server)
  }

  function notifierFor(changes: Partial<ChannelSpec<'email'>> = {}, allowLocalReceivers = true): Notifier {
    const spec: ChannelSpec<'email'> = {
      ...{ host: 'localhost', port: server?.port, security: 'StartTLS', auth, caSecretRef },
      ...{ from: 'Dogwatch <dogwatch@example.com>', to: ['anna@example.com', 'ben@example.com'] },
      ...changes,
    }
    return createEmailNotifier(spec, { receiver, secrets, allowLocalReceivers })
  }

  async function failure(notifier: Notifier, message = aNewMessage()): Promise<FailedDelivery> {
    const { delivery } = await send(notifier, message)
    if (delivery.sent) throw new Error('it was sent')
    expect(delivery.message)
      .not.to.include(mailUser.pass)
      .and.not.include(Buffer.from(mailUser.pass).toString('base64'))
    return delivery
  }

  async function tell(notifier: Notifier, message = aNewMessage(), incident: IncidentData = {}): Promise<IncidentData> {
    const { delivery } = await send(notifier, message, { incident })
    expect(delivery, JSON.stringify(delivery)).to.include({ sent: true })
    return (delivery.sent ? delivery.incident : undefined) ?? {}
  }

  const headersOf = (index: number) =>
    Object.fromEntries(server.received[index]?.mail.headers.map(({ key: name, value }) => [name, value]) ?? [])

  for (const [security, options] of [
    ['StartTLS', { cert, key }],
    ['TLS', { cert, key, secure: true }],
  ] as const) {
    it(`sends over ${security} with a login, to everybody, as text and as HTML`, async () => {
      await serve(options)
      await tell(notifierFor({ security }))
      const [received] = server.received
      expect(received).to.deep.include({ isEncrypted: true, user: mailUser.user, from: 'dogwatch@example.com' })
      expect(received?.to).to.deep.equal(['anna@example.com', 'ben@example.com'])
      expect(received?.mail.subject).to.equal('CRITICAL: [blue] Node node-1: cpu requests at 93.1%, above 80%')
      expect(received?.mail.text).to.include('3.72 of 4 cpu').and.include('next: kubectl describe node node-1')
      expect(received?.mail.html).to.include('3.72 of 4 cpu').and.include('kubectl describe node node-1')
      expect(received?.mail.to?.map(({ address }) => address)).to.deep.equal(['anna@example.com', 'ben@example.com'])
    })
  }

  it('sends without encryption and login where the spec says so', async () => {
    await serve({ hideSTARTTLS: true })
    await tell(notifierFor({ security: 'None', auth: undefined, caSecretRef: undefined }))
    expect(server.received[0]).to.deep.include({ isEncrypted: false, user: undefined })
  })

  it('makes one thread of an incident, and marks what a computer sent', async () => {
    await serve()
    const notifier = notifierFor()
    let incident = await tell(notifier)
    incident = await tell(notifier, aNewMessage({ reason: 'repeat' }), incident)
    await tell(notifier, aNewMessage({ reason: 'resolved' }), incident)
    const ids = server.received.map(({ mail }) => mail.messageId)
    expect(new Set(ids).size).to.equal(3)
    expect(server.received.map(({ mail }) => mail.inReplyTo)).to.deep.equal([undefined, ids[0], ids[1]])
    expect(server.received.map(({ mail }) => mail.references)).to.deep.equal([undefined, ids[0], `${ids[0]} ${ids[1]}`])
    expect(headersOf(0)).to.include({
      'auto-submitted': 'auto-generated',
      'list-id': '<oncall.dogwatch-system.example.com>',
      importance: 'High',
    })
    expect(headersOf(2)).not.to.have.property('importance')
    expect(server.received[2]?.mail.subject).to.match(/^RESOLVED: /)
  })

  it('makes one thread of all signs of life', async () => {
    await serve()
    for (let index = 0; index < 2; index += 1) {
      await tell(notifierFor(), aNewMessage({ incident: 'heartbeat/a/b', reason: 'heartbeat', firing: [] }))
    }
    expect(server.received.map(({ mail }) => mail.references)).to.deep.equal(
      Array(2).fill('<heartbeat.a.b@example.com>'),
    )
  })

  it('keeps the Message-ID when a message is sent again, and says that it may be a repeat', async () => {
    await serve()
    const proxy = await new BreakingProxy(server.port, 'DATA\r\n', 'break').start()
    closing.push(proxy)
    const plain = { security: 'None', auth: undefined, caSecretRef: undefined } as const
    const first = await send(notifierFor({ ...plain, port: proxy.port }), aNewMessage())
    expect(first.delivery).to.include({ sent: false, retry: true, reason: 'network', mayHaveArrived: true })
    const { message, record } = againOf(first)
    await send(notifierFor(plain), message, { record })
    expect(server.received[0]?.mail.messageId).to.equal(`<${message.id}@example.com>`)
    expect(server.received[0]?.mail.text).to.include('possible repeat')
    expect(server.received[0]?.mail.html).to.include('possible repeat')
  })

  it('attaches long logs and shows their end', async () => {
    await serve()
    await tell(notifierFor(), aNewMessage({ firing: [aCrash(3_000)] }))
    await tell(notifierFor(), aNewMessage({ firing: [aCrash(10)] }))
    const [long, short] = server.received.map(({ mail }) => mail)
    const [log] = long?.attachments ?? []
    expect(log).to.include({ filename: 'web-1-app.log', mimeType: 'text/plain' })
    expect(new TextDecoder().decode(log?.content as ArrayBuffer)).to.match(
      /line 3000\nTypeError: cannot read properties of undefined\s*$/,
    )
    expect(long?.html).to.include('TypeError: cannot read').and.not.include('line 1\n')
    expect(long?.text).to.include('web-1-app.log, its end:')
    expect(short?.attachments).to.deep.equal([])
    expect(short?.html).to.include('line 1\n')
  })

  it("shows the receiver's own words, and attaches the log that they leave out", async () => {
    await serve()
    await tell(notifierFor(), aNewMessage({ title: 'Own title', text: 'first <line>\nsecond', firing: [aCrash(5)] }))
    const mail = server.received[0]?.mail
    expect(mail?.subject).to.equal('CRITICAL: [blue] Own title')
    expect(mail?.html).to.include('first &lt;line&gt;\nsecond').and.not.include('3 restarts')
    expect(mail?.text).to.include('first <line>').and.not.include('3 restarts')
    expect(mail?.attachments).to.have.length(1)
  })

  it('lets no stranger write into the headers or the page', async () => {
    await serve()
    const title = 'Pod\r\nBcc: evil@example.com <script>alert(1)</script> "q" \'s\''
    await tell(
      notifierFor(),
      aNewMessage({
        firing: [anAlert({ title, lines: ['<img src=x onerror=alert(1)>'], runbookURL: 'javascript:alert(1)' })],
      }),
    )
    const [received] = server.received
    expect(received?.to).to.have.length(2)
    expect(headersOf(0)).not.to.have.property('bcc')
    expect(received?.mail.html).not.to.match(/<script|<img|javascript:/)
    expect(received?.mail.html).to.include('&lt;img src=x onerror=alert(1)&gt;')
  })

  it('stays below what mail programs cut off, however much there is to say', async () => {
    await serve({ cert, key, size: 25 * 1024 * 1024 })
    const long = 'ü'.repeat(3_000)
    const alerts = Array.from({ length: 50 }, (_, index) =>
      aCrash(9_000, { key: `k${index}`, title: `Pod ${index} ${long}`, lines: Array(20).fill(long) }),
    )
    await tell(notifierFor(), aNewMessage({ firing: alerts }))
    const mail = server.received[0]?.mail
    expect(mail?.html?.length).to.be.at.most(102_000)
    expect(mail?.subject?.length).to.be.at.most(180)
    expect(mail?.attachments).to.have.length(20)
  })

  it('names a recipient that the server does not take, and sends to the others', async () => {
    await serve()
    server.refusals.push({ recipient: 'ben@example.com', code: 550, text: '5.1.1 no such user' })
    const { delivery } = await send(notifierFor(), aNewMessage())
    expect(delivery).to.include({ sent: true })
    expect(delivery.sent && delivery.note).to.match(/did not take it for ben@example\.com \(550 .*no such user\)/)
    expect(server.received[0]?.to).to.deep.equal(['anna@example.com'])
  })

  it('tells refusals for good from those that pass', async () => {
    await serve()
    const cases: [MailServer['refusals'][number], object, string][] = [
      [{ data: true, code: 554, text: '5.7.1 looks like spam' }, { reason: 'client', retry: false }, 'looks like spam'],
      [{ data: true, code: 451, text: '4.3.0 later' }, { reason: 'server', retry: true }, 'later'],
      [
        { sender: true, code: 553, text: '5.1.8 sender not allowed' },
        { reason: 'client', retry: false },
        'sender not allowed',
      ],
      [
        { recipient: 'anna@example.com', code: 450, text: '4.2.0 greylisted' },
        { reason: 'server', retry: true },
        'greylisted',
      ],
      [
        { sender: true, code: 421, text: '4.7.0 Too many messages' },
        { reason: 'rateLimited', retry: true },
        'Too many',
      ],
      [{ login: true, code: 454, text: '4.7.0 directory away' }, { reason: 'server', retry: true }, 'directory away'],
      [
        { login: true, code: 535, text: '5.7.8 wrong' },
        { reason: 'auth', retry: false },
        'correct what spec.email.auth refers to',
      ],
    ]
    for (const [refusal, expected, words] of cases) {
      server.refusals.splice(0, 1, refusal)
      const found = await failure(notifierFor({ to: ['anna@example.com'] }))
      expect(found, refusal.text).to.include(expected).and.not.have.property('mayHaveArrived', true)
      expect(found.message).to.include(words)
    }
  })

  it('shows no password and reads the Secret again where the login is refused', async () => {
    await serve()
    secrets.set(auth.passwordSecretRef, 'wrong battery')
    const found = await failure(notifierFor())
    expect(found).to.include({ reason: 'auth', retry: false })
    expect(found.message).not.to.include('wrong battery')
    expect(secrets.refusals).to.deep.equal(['mail/user', 'mail/password'])
    secrets.set(auth.passwordSecretRef, mailUser.pass)
    await tell(notifierFor())
  })

  describe('encryption', () => {
    it('is not given up where the server offers none', async () => {
      await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
      const found = await failure(notifierFor())
      expect(found).to.include({ reason: 'client', retry: false })
      expect(found.message).to.include('does not become encrypted')
      expect(server.received).to.deep.equal([])
    })

    it('needs a certificate of a known authority', async () => {
      await serve()
      const found = await failure(notifierFor({ caSecretRef: undefined }))
      expect(found).to.include({ reason: 'network', mayHaveArrived: false })
      expect(found.message).to.include('set spec.email.caSecretRef')
    })

    it('needs a certificate for the host', async () => {
      await serve(
        authority.issue({ commonName: 'x', hosts: ['elsewhere.example'] }) && {
          ...certificateFor(['elsewhere.example']),
        },
      )
      expect((await failure(notifierFor())).message).to.include('a certificate for another name')
      await serve({ ...certificateFor(['elsewhere.example']), secure: true })
      expect((await failure(notifierFor({ security: 'TLS' }))).message).to.include('a certificate for another name')
    })

    it('is told from speaking plainly', async () => {
      await serve()
      expect((await failure(notifierFor({ security: 'TLS' }))).message).to.include('use security StartTLS')
    })

    it('needs a certificate that has not expired', async () => {
      await serve(certificateFor(['localhost'], -1))
      expect((await failure(notifierFor())).message).to.include('a certificate that has expired')
    })

    function certificateFor(hosts: string[], validSeconds = 600) {
      const issued = authority.issue({ commonName: 'mail', hosts, validSeconds })
      return { cert: issued.certificate, key: issued.key }
    }
  })

  describe('connections', () => {
    it('are not made to addresses that no receiver may have', async () => {
      await serve()
      for (const host of ['localhost', '127.0.0.1', '169.254.169.254']) {
        const found = await failure(notifierFor({ host }, false))
        expect(found, host).to.include({ reason: 'client', retry: false })
        expect(found.message).to.include('--allow-local-receivers')
      }
      expect(server.received).to.deep.equal([])
    })

    it('that nobody takes are told', async () => {
      await serve()
      expect(await failure(notifierFor({ port: 1 }))).to.include({
        reason: 'network',
        retry: true,
        mayHaveArrived: false,
      })
      expect((await failure(notifierFor({ host: 'does-not-exist.invalid' }))).message).to.match(
        /is not known to DNS|DNS does not answer/,
      )
    })

    it('are not left open', async () => {
      await serve()
      for (let index = 0; index < 5; index += 1) await tell(notifierFor())
      server.refusals.push({ data: true, code: 554, text: 'no' })
      for (let index = 0; index < 5; index += 1) await failure(notifierFor())
      await notifierFor().preflight?.(signal)
      const endMs = Date.now() + 2_000
      while (server.openConnections > 0 && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(server.openConnections).to.equal(0)
    })

    it('are given up with the delivery, wherever they hang', async () => {
      await serve()
      const silent = await silentServer()
      const afterData = await new BreakingProxy(server.port, 'DATA\r\n', 'silence').start()
      closing.push(silent, afterData)
      for (const [port, expected] of [
        [silent.port, { reason: 'timeout', retry: true, mayHaveArrived: false }],
        [afterData.port, { reason: 'timeout', retry: true, mayHaveArrived: true }],
      ] as const) {
        const notifier = notifierFor({ port, security: 'None', auth: undefined, caSecretRef: undefined })
        const giveUp = new AbortController()
        setTimeout(() => giveUp.abort(), 300)
        const steps = { run: () => Promise.reject(new Error('no steps')) }
        const delivery = await notifier.notify(aNewMessage(), { signal: giveUp.signal, incident: {}, steps })
        expect(delivery).to.include({ sent: false, ...expected })
      }
    })
  })

  describe('pre-flight', () => {
    it('connects and logs in, and sends nothing', async () => {
      await serve()
      const result = await notifierFor().preflight?.(signal)
      expect(result).to.deep.equal({
        status: 'ok',
        message: `localhost:${server.port} answers, encrypted, and takes the login`,
      })
      expect(server.received).to.deep.equal([])
    })

    it('says what is wrong', async () => {
      await serve()
      expect(await notifierFor({ port: 1 }).preflight?.(signal)).to.include({ status: 'failed', reason: 'network' })
      secrets.set(auth.passwordSecretRef, 'wrong')
      expect(await notifierFor().preflight?.(signal)).to.include({ status: 'failed', reason: 'auth' })
      secrets = testSecrets({ 'mail/user': mailUser.user })
      const missing = await notifierFor().preflight?.(signal)
      expect(missing).to.deep.equal({
        status: 'failed',
        reason: 'auth',
        message: 'Secret team/mail has no key password: add it',
      })
    })
  })
})

/** Takes connections and says nothing. */
async function silentServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

channelContract(
  'email',
  { promise: 'atLeastOnce', logs: 'end', named: 50, isText: true, hasServer: false },
  async () => {
    const server = await new MailServer({ cert, key }).start()
    const secrets = testSecrets({
      'mail/user': mailUser.user,
      'mail/password': mailUser.pass,
      'mail/ca.crt': authority.certificate,
    })
    const spec = {
      ...({ host: 'localhost', port: server.port, security: 'StartTLS', auth, caSecretRef } as const),
      ...{ from: 'dogwatch@example.com', to: ['anna@example.com'] },
    }
    return {
      notifier: createEmailNotifier(spec, { receiver, secrets, allowLocalReceivers: true }),
      received: async () => server.received.map(({ mail }) => textOf(mail)).join('\n'),
      told: async () => new Set(server.received.map(({ mail }) => mail.messageId)).size,
      secrets: [mailUser.pass],
      stop: () => server.stop(),
    }
  },
)

function textOf({ subject, text, html, attachments }: Email): string {
  const logs = attachments.map(({ content }) => new TextDecoder().decode(content as ArrayBuffer))
  return [subject, text, html, ...logs].join('\n').replaceAll('\r', '')
}
