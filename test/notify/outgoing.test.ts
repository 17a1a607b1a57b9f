import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { createAuthority } from '../../hack/testbed/pki.ts'
import { systemClock } from '../../src/base/clock.ts'
import { OperatorError } from '../../src/base/errors.ts'
import type { FailedDelivery } from '../../src/notify/notifier.ts'
import type { Outgoing, OutgoingAnswer, OutgoingRequest } from '../../src/notify/outgoing.ts'
import { AddressRefused, addressClassOf, createGuardedLookup } from '../../src/notify/outgoing-addresses.ts'
import { failureOf, failureOfError, OutgoingError, retryAfterOf } from '../../src/notify/outgoing-failures.ts'
import { createOutgoing } from '../../src/notify/outgoing-http.ts'
import { startRawServer } from '../support/raw-server.ts'
import { startTestServer } from '../support/test-server.ts'

const secretPath = '/services/T0000/s3cret-in-path?token=s3cret-in-query'
const secrets = ['s3cret-in-path', 's3cret-in-query', 's3cret-in-header', 's3cret-in-body']

type Given = Partial<OutgoingRequest> & Pick<OutgoingRequest, 'url'>

const requestOf = (given: Given): OutgoingRequest => ({
  method: 'POST',
  headers: { authorization: 'Bearer s3cret-in-header' },
  body: 's3cret-in-body',
  signal: AbortSignal.timeout(60_000),
  ...given,
})

describe('requests to receivers', () => {
  const ends: (() => Promise<void>)[] = []
  let open: Outgoing
  let guarded: Outgoing

  beforeEach(() => {
    const options = { proxies: {}, clock: systemClock }
    const [one, other] = [true, false].map((allowLocalReceivers) => createOutgoing({ ...options, allowLocalReceivers }))
    if (one === undefined || other === undefined) throw new Error('two are made')
    ends.push(one.close, other.close)
    open = one
    guarded = other
  })

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = await startTestServer(handle)
    ends.push(server.stop)
    return server.url
  }

  async function serveRaw(options: Parameters<typeof startRawServer>[0]) {
    const server = await startRawServer(options)
    ends.push(server.stop)
    return server
  }

  /** What a request that gets no answer is said to mean; fails where it gets one. */
  async function failureFrom(outgoing: Outgoing, given: Given): Promise<FailedDelivery> {
    const error = await outgoing.send(requestOf(given)).then(
      ({ status }) => expect.fail(`answered ${status}`),
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(OutgoingError)
    const shown = `${JSON.stringify(error)} ${String(error)} ${(error as Error).stack}`
    for (const secret of secrets) expect(shown).not.to.include(secret)
    return failureOfError(error)
  }

  it('gives what was answered, and sends what it was asked to', async () => {
    const seen: { method?: string | undefined; url?: string | undefined; headers: object; body: string }[] = []
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, headers } = request
      seen.push({ method, url: request.url, headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(202, { 'X-Two': ['a', 'b'] }).end('héllo')
    })
    const answer = await open.send(requestOf({ url: `${url}/a%20b?c=d#fragment`, body: 'ünï' }))
    expect(answer).to.deep.include({ origin: url, status: 202, body: 'héllo' })
    expect(answer.headers).to.include({ 'x-two': 'a, b' })
    expect(seen).to.have.length(1)
    expect(seen[0]).to.include({ method: 'POST', url: '/a%20b?c=d', body: 'ünï' })
    expect(seen[0]?.headers).to.include({ authorization: 'Bearer s3cret-in-header' })
    expect(seen[0]?.headers)
      .to.have.property('user-agent')
      .that.matches(/^dogwatch\//)
  })

  it('sends a user and password of the url as basic auth', async () => {
    const url = await serve((request, response) => response.end(request.headers.authorization))
    const withUser = url.replace('//', '//me:s3cret%21@')
    const { body } = await open.send({ ...requestOf({ url: withUser }), headers: {} })
    expect(body).to.equal(`Basic ${Buffer.from('me:s3cret!').toString('base64')}`)
  })

  it('reads no more than 64 KiB of an answer without end', async () => {
    const url = await serve((_request, response) => {
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(100_000), () => setImmediate(more))
      }
      more()
    })
    const { status, body } = await open.send(requestOf({ url }))
    expect(status).to.equal(200)
    expect(body).to.have.length(64 * 1024)
  })

  it('gives an answer whose body breaks off, with what came', async () => {
    const { port } = await serveRaw({
      answer: (socket) => socket.end('HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf'),
    })
    const answer = await open.send(requestOf({ url: `http://127.0.0.1:${port}/` }))
    expect(answer).to.include({ status: 500, body: 'half' })
  })

  it('gives an answer whose body never ends', async () => {
    const { port } = await serveRaw({
      answer: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'),
    })
    const answer = await open.send(requestOf({ url: `http://127.0.0.1:${port}/` }))
    expect(answer).to.include({ status: 200, body: 'half' })
  })

  describe('where no answer comes', () => {
    it('a refused connection: nothing arrived', async () => {
      const { port, stop } = await serveRaw({})
      await stop()
      const url = `http://127.0.0.1:${port}${secretPath}`
      expect(await failureFrom(open, { url })).to.deep.equal({
        ...{ sent: false, retry: true, reason: 'network', mayHaveArrived: false },
        message: `http://127.0.0.1:${port} refuses connections`,
      })
    })

    it('a name that DNS does not know: nothing arrived', async () => {
      const failure = await failureFrom(guarded, { url: `https://nowhere.invalid${secretPath}` })
      expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: false })
      expect(failure.message).to.match(/^https:\/\/nowhere\.invalid .*DNS/)
    })

    it('silence until the deadline: it may have arrived', async () => {
      const { port, requests } = await serveRaw({})
      const signal = AbortSignal.timeout(300)
      const failure = await failureFrom(open, { url: `http://127.0.0.1:${port}${secretPath}`, signal })
      expect(failure).to.include({ retry: true, reason: 'timeout', mayHaveArrived: true })
      expect(requests).to.have.length(1)
    })

    it('a signal that was aborted before: nothing is sent', async () => {
      const { port, requests } = await serveRaw({})
      const url = `http://127.0.0.1:${port}${secretPath}`
      const failure = await failureFrom(open, { url, signal: AbortSignal.abort() })
      expect(failure).to.include({ retry: true, reason: 'timeout', mayHaveArrived: false })
      expect(requests).to.deep.equal([])
    })

    it('given up while TLS is being agreed on: nothing arrived', async () => {
      const { port } = await serveRaw({})
      const url = `https://127.0.0.1:${port}${secretPath}`
      const failure = await failureFrom(open, { url, signal: AbortSignal.timeout(300) })
      expect(failure).to.include({ retry: true, reason: 'timeout', mayHaveArrived: false })
    })

    for (const [how, answer] of [
      ['closed', (socket: Socket) => socket.destroy()],
      ['half-closed', (socket: Socket) => socket.end()],
      ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ] as const) {
      it(`a connection ${how} after the request: it may have arrived`, async () => {
        const { port } = await serveRaw({ answer })
        const failure = await failureFrom(open, { url: `http://127.0.0.1:${port}${secretPath}` })
        expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: true })
        expect(failure.message).to.equal(`http://127.0.0.1:${port} closed the connection without an answer`)
      })
    }

    it('a connection closed while TLS is being agreed on: nothing arrived', async () => {
      const { port } = await serveRaw({ answer: (socket) => socket.destroy() })
      const failure = await failureFrom(open, { url: `https://127.0.0.1:${port}${secretPath}` })
      expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: false })
      expect(failure.message).to.equal(`https://127.0.0.1:${port} closed the connection before it was made`)
    })

    it('an answer that is not HTTP: it may have arrived', async () => {
      const { port } = await serveRaw({ answer: (socket) => socket.end('220 mail.example ESMTP\r\n') })
      const failure = await failureFrom(open, { url: `http://127.0.0.1:${port}${secretPath}` })
      expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: true })
      expect(failure.message).to.match(/does not answer in HTTP/)
    })

    it('TLS where there is none: nothing arrived', async () => {
      const { port } = await serveRaw({ answer: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') })
      const failure = await failureFrom(open, { url: `https://127.0.0.1:${port}${secretPath}` })
      expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: false })
      expect(failure.message).to.match(/does not speak TLS/)
    })

    it('a message that is being written when the deadline passes: it may have arrived', async () => {
      const { port } = await serveRaw({ accept: (socket) => socket.pause() })
      const url = `http://127.0.0.1:${port}${secretPath}`
      const body = Buffer.alloc(32 * 1024 * 1024)
      const failure = await failureFrom(open, { url, body, signal: AbortSignal.timeout(500) })
      expect(failure).to.include({ retry: true, reason: 'timeout', mayHaveArrived: true })
    })
  })

  describe('certificates', () => {
    const authority = createAuthority('Test authority')
    const answer = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    const cases = [
      { what: 'expired', validSeconds: -30, hosts: ['127.0.0.1'], trusted: true, says: /certificate that has expired/ },
      { what: 'of an unknown authority', hosts: ['127.0.0.1'], trusted: false, says: /unknown authority/ },
      { what: 'for another name', hosts: ['other.example'], trusted: true, says: /for another name/ },
    ]
    for (const { what, trusted, says, ...made } of cases) {
      it(`one ${what} is refused before anything is sent`, async () => {
        const tls = authority.issue({ commonName: 'server', ...made })
        const { port, requests } = await serveRaw({ tls, answer })
        const trust = trusted ? { authorities: authority.certificate } : {}
        const failure = await failureFrom(open, { url: `https://127.0.0.1:${port}${secretPath}`, ...trust })
        expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: false })
        expect(failure.message).to.match(says)
        expect(requests.join('')).to.equal('')
      })
    }

    it('one of the authority that the receiver names is taken', async () => {
      const tls = authority.issue({ commonName: 'server', hosts: ['127.0.0.1'] })
      const { port } = await serveRaw({ tls, answer })
      const url = `https://127.0.0.1:${port}/`
      expect(await open.send(requestOf({ url, authorities: authority.certificate }))).to.include({ status: 200 })
    })

    it('what is no certificate is said to be none', async () => {
      const failure = await failureFrom(open, { url: 'https://127.0.0.1:1/', authorities: 's3cret-in-body' })
      expect(failure).to.include({ retry: false, reason: 'client' })
      expect(failure.message).to.match(/no PEM certificate/)
    })
  })

  describe('redirects', () => {
    it('are followed for GET within the host', async () => {
      const url = await serve((request, response) => {
        if (request.url === '/there') response.end(request.headers.authorization)
        else response.writeHead(302, { location: '/there' }).end()
      })
      const { status, body } = await open.send(requestOf({ url, method: 'GET', body: '' }))
      expect({ status, body }).to.deep.equal({ status: 200, body: 'Bearer s3cret-in-header' })
    })

    it('are followed three times at most', async () => {
      let asked = 0
      const url = await serve((_request, response) => {
        asked += 1
        response.writeHead(302, { location: `/${asked}` }).end()
      })
      expect(await open.send(requestOf({ url, method: 'GET', body: '' }))).to.include({ status: 302 })
      expect(asked).to.equal(4)
    })

    it('to another host are not followed, and told without the path', async () => {
      const stranger = await serveRaw({})
      const target = `http://127.0.0.1:${stranger.port}`
      const url = await serve((_request, response) =>
        response.writeHead(307, { location: `${target}${secretPath}` }).end(),
      )
      for (const method of ['GET', 'POST'] as const) {
        const answer = await open.send(requestOf({ url, method, body: '' }))
        const failure = failureOf(answer)
        expect(failure).to.include({ sent: false, retry: false, reason: 'client' })
        expect(failure?.message).to.equal(`${url} leads to ${target} (307): set the url to where it leads`)
      }
      expect(stranger.requests).to.deep.equal([])
    })

    it('of a message are not followed even within the host', async () => {
      const urls: (string | undefined)[] = []
      const url = await serve((request, response) => {
        urls.push(request.url)
        response.writeHead(308, { location: '/there' }).end()
      })
      expect(failureOf(await open.send(requestOf({ url })))).to.include({ retry: false, reason: 'client' })
      expect(urls).to.deep.equal(['/'])
    })
  })

  describe('addresses', () => {
    it('of this host are refused, by number, by name and in disguise', async () => {
      const { port, requests } = await serveRaw({})
      const hosts = ['127.0.0.1', '127.9.9.9', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0']
      for (const host of hosts) {
        const failure = await failureFrom(guarded, { url: `http://${host}:${port}${secretPath}` })
        expect(failure, host).to.include({ retry: false, reason: 'client' })
        expect(failure.message, host).to.match(/(loopback|unspecified) address.*--allow-local-receivers/)
      }
      expect(requests).to.deep.equal([])
    })

    const table = {
      loopback: [
        '127.0.0.1',
        '127.255.255.254',
        '::1',
        '::ffff:127.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        '::7f00:1',
      ],
      'link-local': ['169.254.1.1', 'fe80::1', 'febf::1', '::ffff:169.254.1.1'],
      metadata: ['169.254.169.254', 'fd00:ec2::254', 'fd20:ce::254', '168.63.129.16', '::ffff:a9fe:a9fe'],
      unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
      multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
      broadcast: ['255.255.255.255'],
      allowed: [
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '100.64.0.1',
        'fd00::1',
        '8.8.8.8',
        '2001:db8::1',
        '::ffff:10.0.0.1',
      ],
    }
    for (const [name, addresses] of Object.entries(table)) {
      it(`${name}: ${addresses.join(', ')}`, () => {
        for (const address of addresses) expect(addressClassOf(address) ?? 'allowed', address).to.equal(name)
      })
    }
  })

  describe('a proxy', () => {
    async function proxied(handle: (request: IncomingMessage, response: ServerResponse) => void) {
      const proxy = await serve(handle)
      const outgoing = createOutgoing({
        ...{ proxies: { httpProxy: proxy, httpsProxy: proxy }, clock: systemClock },
        allowLocalReceivers: false,
      })
      ends.push(outgoing.close)
      return outgoing
    }

    it('is asked for what the environment sends through it', async () => {
      const outgoing = await proxied((request, response) => response.end(request.url))
      const answer = await outgoing.send(requestOf({ url: 'http://receiver.invalid/path' }))
      expect(answer).to.include({
        status: 200,
        body: 'http://receiver.invalid/path',
        origin: 'http://receiver.invalid',
      })
    })

    it('is not asked for an address that no receiver may have', async () => {
      const asked: (string | undefined)[] = []
      const outgoing = await proxied((request, response) => {
        asked.push(request.url)
        response.end()
      })
      const failure = await failureFrom(outgoing, { url: 'http://169.254.169.254/latest/s3cret-in-path' })
      expect(failure).to.include({ retry: false, reason: 'client' })
      expect(asked).to.deep.equal([])
    })

    it('is gone through by TLS, to the one whose certificate it is', async () => {
      const authority = createAuthority('Test authority')
      const tls = authority.issue({ commonName: 'receiver', hosts: ['receiver.invalid'] })
      const answer = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      const receiver = await serveRaw({ tls, answer })
      const asked: string[] = []
      const proxy = await serveRaw({
        answer: (socket, soFar) => {
          if (!soFar.endsWith('\r\n\r\n') || asked.length > 1) return
          asked.push(soFar.split('\r\n')[0] ?? '')
          socket.removeAllListeners('data')
          const onward = connect(receiver.port, '127.0.0.1', () => {
            socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
            socket.pipe(onward).pipe(socket)
          })
          onward.on('error', () => socket.destroy())
        },
      })
      const proxies = { httpsProxy: `http://127.0.0.1:${proxy.port}` }
      const outgoing = createOutgoing({ proxies, clock: systemClock, allowLocalReceivers: false })
      ends.push(outgoing.close)
      const authorities = authority.certificate
      const url = 'https://receiver.invalid/path'
      expect(await outgoing.send(requestOf({ url, authorities }))).to.include({ status: 200, body: 'ok' })
      expect(asked).to.deep.equal(['CONNECT receiver.invalid:443 HTTP/1.1'])
      const other = await failureFrom(outgoing, { url: `https://other.invalid${secretPath}`, authorities })
      expect(other).to.include({ reason: 'network', mayHaveArrived: false })
      expect(other.message).to.match(/for another name/)
    })

    it('that lets nothing through is told as such: nothing arrived', async () => {
      const outgoing = await proxied((_request, response) => response.end())
      const failure = await failureFrom(outgoing, { url: `https://receiver.invalid${secretPath}` })
      expect(failure).to.include({ retry: true, reason: 'network', mayHaveArrived: false })
    })
  })

  describe('what cannot be asked', () => {
    for (const url of ['s3cret-in-path', 'ftp://receiver.example/s3cret-in-path', 'https://', '']) {
      it(`the url "${url}" is refused without being shown`, async () => {
        expect(await failureFrom(open, { url })).to.include({ retry: false, reason: 'client' })
      })
    }

    for (const headers of [{ 'x y': 'a' }, { 'transfer-encoding': 'chunked' }, { 'content-length': 'many' }]) {
      it(`the header ${Object.keys(headers)[0]} that HTTP does not allow here is refused`, async () => {
        const { port, requests } = await serveRaw({})
        const failure = await failureFrom(open, { url: `http://127.0.0.1:${port}/`, headers })
        expect(failure).to.include({ retry: false, reason: 'client' })
        expect(requests.join('')).to.equal('')
      })
    }

    it('a header in two spellings is one', async () => {
      const url = await serve((request, response) => response.end(JSON.stringify(request.rawHeaders)))
      const { body } = await open.send(requestOf({ url, headers: { 'User-Agent': 'mine', 'X-A': '1', 'x-a': '2' } }))
      const names = (JSON.parse(body) as string[]).filter((_, index) => index % 2 === 0)
      expect(names.filter((name) => name === 'user-agent' || name === 'x-a')).to.deep.equal(['user-agent', 'x-a'])
    })

    it('a header with a line break is named, without its value', async () => {
      const headers = { 'x-token': 's3cret-in-header\n' }
      const failure = await failureFrom(open, { url: 'https://receiver.example/', headers })
      expect(failure).to.include({ retry: false, reason: 'client' })
      expect(failure.message).to.match(/^the header x-token .*line break/)
    })
  })
})

describe('the lookup of receivers', () => {
  type Found = { readonly error: Error | null; readonly address: unknown; readonly family: unknown }

  function setUp() {
    const asked: string[] = []
    const pending: { answer: (addresses: string[]) => void; fail: (error: Error) => void }[] = []
    const lookup = createGuardedLookup((hostname) => {
      asked.push(hostname)
      return new Promise((resolve, reject) => {
        const answer = (addresses: string[]) => resolve(addresses.map((address) => ({ address, family: 4 })))
        pending.push({ answer, fail: reject })
      })
    })
    const find = (hostname: string, options: object = {}) =>
      new Promise<Found>((resolve) => {
        lookup(hostname, options, (error, address, family) => resolve({ error, address, family }))
      })
    return { asked, pending, find }
  }

  it('asks for a name once at a time, and again afterwards', async () => {
    const { asked, pending, find } = setUp()
    const found = [find('a.example'), find('a.example'), find('b.example')]
    expect(asked).to.deep.equal(['a.example', 'b.example'])
    for (const { answer } of pending) answer(['10.0.0.1'])
    for (const { address } of await Promise.all(found)) expect(address).to.equal('10.0.0.1')
    find('a.example').catch(() => undefined)
    expect(asked).to.deep.equal(['a.example', 'b.example', 'a.example'])
  })

  it('tells everybody who asked that it failed', async () => {
    const { pending, find } = setUp()
    const found = [find('a.example'), find('a.example', { all: true })]
    pending[0]?.fail(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }))
    for (const { error } of await Promise.all(found)) expect(error).to.have.property('code', 'EAI_AGAIN')
  })

  it('gives all addresses to who wants them, and none where one of them is bad', async () => {
    const { pending, find } = setUp()
    const good = find('a.example', { all: true })
    pending[0]?.answer(['10.0.0.1', '8.8.8.8'])
    expect((await good).address).to.deep.equal([
      { address: '10.0.0.1', family: 4 },
      { address: '8.8.8.8', family: 4 },
    ])
    const bad = find('b.example', { all: true })
    pending[1]?.answer(['8.8.8.8', '169.254.169.254'])
    expect((await bad).error)
      .to.be.instanceOf(AddressRefused)
      .and.have.property('addressClass', 'metadata')
  })
})

describe('what an answer means for a delivery', () => {
  const answerOf = (status: number, more: Partial<OutgoingAnswer> = {}): OutgoingAnswer => ({
    ...{ origin: 'https://hooks.example', status, headers: {}, body: '' },
    ...more,
  })

  for (const status of [200, 201, 202, 204, 299]) {
    it(`${status}: it was taken`, () => expect(failureOf(answerOf(status))).to.equal(undefined))
  }

  const table: readonly [number, FailedDelivery['reason'], boolean, boolean?][] = [
    [301, 'client', false],
    [304, 'client', false],
    [400, 'client', false],
    [401, 'auth', false],
    [403, 'auth', false],
    [404, 'client', false],
    [407, 'auth', false],
    [408, 'server', true],
    [410, 'client', false],
    [413, 'client', false],
    [422, 'client', false],
    [425, 'server', true],
    [429, 'rateLimited', true],
    [500, 'server', true],
    [502, 'server', true, true],
    [503, 'server', true],
    [504, 'server', true, true],
    [599, 'server', true],
  ]
  for (const [status, reason, retry, mayHaveArrived = false] of table) {
    it(`${status}: ${reason}, ${retry ? 'tried again' : 'not tried again'}`, () => {
      const failure = failureOf(answerOf(status), 'their word')
      expect(failure).to.include({ sent: false, reason, retry })
      expect(failure?.mayHaveArrived ?? false).to.equal(mayHaveArrived)
      expect(failure?.message).to.match(new RegExp(`^https://hooks\\.example .*\\(${status}\\).*: their word$`))
    })
  }

  it('obeys a wish to wait where the message will be tried again', () => {
    for (const status of [429, 503]) {
      expect(failureOf(answerOf(status, { retryAfterMs: 7_000 }))).to.include({ retryAfterMs: 7_000 })
    }
    expect(failureOf(answerOf(400, { retryAfterMs: 7_000 }))).not.to.have.property('retryAfterMs')
  })

  it('reads both forms of Retry-After, and makes nothing of another', () => {
    const nowMs = Date.UTC(2026, 10, 21, 12)
    const read = (text?: string) => retryAfterOf(text, nowMs)
    expect(read('30')).to.equal(30_000)
    expect(read('0')).to.equal(0)
    expect(read('1.5')).to.equal(1_500)
    expect(read('Sat, 21 Nov 2026 12:00:30 GMT')).to.equal(30_000)
    expect(read('Sat, 21 Nov 2026 11:00:00 GMT')).to.equal(0)
    expect(read('99999999999')).to.equal(86_400_000)
    for (const text of [undefined, 'soon', '', '-5x']) expect(read(text), text).to.equal(undefined)
  })

  it('takes an unreadable Secret for a failure of credentials that may pass', () => {
    const error = new OperatorError('SECRET_UNAVAILABLE', 'Secret team/hook has no key url: add it')
    expect(failureOfError(error)).to.deep.equal({
      ...{ sent: false, retry: true, reason: 'auth', message: 'Secret team/hook has no key url: add it' },
    })
  })

  it('shows nothing of an error that it does not know', () => {
    const failure = failureOfError(new TypeError('cannot read s3cret of undefined'))
    expect(failure).to.deep.include({ retry: true, reason: 'client', mayHaveArrived: true })
    expect(failure.message).to.equal('the message could not be made: TypeError')
  })
})
