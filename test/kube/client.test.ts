import { getEventListeners } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { expect } from 'chai'
import { systemClock } from '../../src/base/clock.ts'
import { errorText, hasCode } from '../../src/base/errors.ts'
import type { ByteStream } from '../../src/kube/byte-stream.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts'
import { CredentialSource } from '../../src/kube/credentials.ts'
import { loadKubeConfig } from '../../src/kube/kube-config.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

/** Of the test at work: all tests together take longer than any should. */
let signal: AbortSignal
beforeEach(() => {
  signal = AbortSignal.timeout(60_000)
})

async function collect(stream: ByteStream): Promise<string[]> {
  const chunks: string[] = []
  for await (const chunk of stream) chunks.push(chunk.toString('utf8'))
  return chunks
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('KubeClient', () => {
  let folder: string
  let server: TestServer | undefined
  let client: KubeClient | undefined

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-client-'))
  })

  afterEach(async () => {
    await client?.close()
    await server?.stop()
    await rm(folder, { recursive: true })
  })

  /** A client of a server that answers so; `user` is its entry in the kubeconfig. */
  async function connect(
    handle: (request: IncomingMessage, response: ServerResponse) => void,
    user: object = {},
  ): Promise<KubeClient> {
    server = await startTestServer(handle)
    const kubeconfig = join(folder, 'kubeconfig')
    const text = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: `${server.url}/prefix/`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user }],
    }
    await writeFile(kubeconfig, JSON.stringify(text))
    const credentials = new CredentialSource(() => loadKubeConfig({ kubeconfig }), systemClock)
    client = createKubeClient({ credentials, clock: systemClock, userAgent: 'dogwatch/test' })
    return client
  }

  it('sends what it is asked to, below the path of the server', async () => {
    const seen: { url?: string | undefined; method?: string | undefined; body: string; headers: object }[] = []
    const kube = await connect(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { url, method, headers } = request
      seen.push({ url, method, headers, body: Buffer.concat(chunks).toString() })
      response.end('{"ok":true}')
    })
    const answer = await kube.requestJson({
      method: 'PATCH',
      path: '/api/v1/pods',
      query: { limit: 5, watch: true, empty: '', absent: undefined, fieldSelector: 'a=b,c!=d' },
      body: { text: 'é' },
      contentType: 'application/merge-patch+json',
      signal,
    })
    expect(answer).to.deep.equal({ ok: true })
    expect(seen[0]).to.include({
      url: '/prefix/api/v1/pods?limit=5&watch=true&fieldSelector=a%3Db%2Cc%21%3Dd',
      method: 'PATCH',
      body: '{"text":"é"}',
    })
    expect(seen[0]!.headers).to.include({
      'content-type': 'application/merge-patch+json',
      'user-agent': 'dogwatch/test',
      accept: 'application/json',
    })
  })

  it('reads a compressed stream as it comes', async () => {
    let write: ((text: string) => void) | undefined
    const kube = await connect((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      const gzip = createGzip()
      gzip.pipe(response)
      write = (text) => {
        gzip.write(text)
        gzip.flush()
      }
      write('first\n')
    })
    const stream = await kube.openStream({ path: '/', gzip: true, signal })
    const chunks = stream[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).to.equal('first\n')
    write!('second\n')
    expect(String((await chunks.next()).value)).to.equal('second\n')
    stream.cancel(new Error('enough'))
  })

  it('says which call a broken body belonged to', async () => {
    const kube = await connect((_request, response) => {
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    const error = await failure(kube.openStream({ path: '/api/v1/pods', signal }).then(collect))
    expect(hasCode(error, 'API_UNREACHABLE')).to.equal(true)
    expect(errorText(error)).to.match(/^GET \/api\/v1\/pods: /)
  })

  it('gives up a call that takes too long, and a body that pauses too long', async () => {
    const kube = await connect((request, response) => {
      if (request.url?.includes('body') === true) response.write('half')
    })
    const slow = await failure(kube.requestJson({ path: '/silent', signal, timeoutMs: 50 }))
    expect(errorText(slow)).to.match(/GET \/silent: no answer within 50 ms/)
    const paused = await failure(kube.openStream({ path: '/body', signal, silenceMs: 50 }).then(collect))
    expect(hasCode(paused, 'API_TIMEOUT')).to.equal(true)
  })

  it('gives up credentials that do not come', async () => {
    const kube = await connect((_request, response) => response.end('{}'), { exec: { command: 'sleep', args: ['1'] } })
    const error = await failure(kube.openStream({ path: '/x', signal, timeoutMs: 100 }))
    expect(errorText(error)).to.match(/GET \/x: no answer within 100 ms/)
  })

  it('gives up a refusal that stops half-way', async () => {
    const kube = await connect((_request, response) => {
      response.statusCode = 403
      response.write('{"reason":')
    })
    const error = await failure(kube.openStream({ path: '/x', signal, timeoutMs: 100 }))
    expect(error).to.satisfy((reason: unknown) => hasCode(reason, 'API_FORBIDDEN', 'API_TIMEOUT'))
  })

  it('leaves nothing on the signal of its caller', async () => {
    const kube = await connect((request, response) => {
      response.statusCode = request.url?.includes('refused') === true ? 403 : 200
      response.end('{}')
    })
    const controller = new AbortController()
    await kube.requestJson({ path: '/', signal: controller.signal })
    await failure(kube.requestJson({ path: '/refused', signal: controller.signal }))
    await collect(await kube.openStream({ path: '/', signal: controller.signal }))
    await failure(kube.openStream({ path: '/refused', signal: controller.signal }))
    expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([])
  })

  it('rejects with the reason of the signal', async () => {
    const kube = await connect((_request, response) => {
      response.write('half')
    })
    const controller = new AbortController()
    const reading = failure(kube.openStream({ path: '/', signal: controller.signal }).then(collect))
    const asking = failure(kube.requestJson({ path: '/', signal: controller.signal }))
    await systemClock.sleep(30)
    controller.abort(new Error('closing time'))
    expect(await reading).to.have.property('message', 'closing time')
    expect(await asking).to.have.property('message', 'closing time')
    expect(await failure(kube.requestJson({ path: '/', signal: controller.signal }))).to.have.property(
      'message',
      'closing time',
    )
  })

  it('reads ahead only so far of a body that nobody reads', async () => {
    let sent = 0
    const kube = await connect((_request, response) => {
      const more = () => {
        while (sent < 64 << 20 && response.write(Buffer.alloc(1 << 16))) sent += 1 << 16
      }
      response.on('drain', more)
      more()
    })
    const stream = await kube.openStream({ path: '/', signal })
    await systemClock.sleep(200)
    expect(sent).to.be.lessThan(32 << 20)
    let read = 0
    for await (const chunk of stream) {
      read += chunk.length
      if (read > 40 << 20) break
    }
    expect(read).to.be.greaterThan(40 << 20)
  })

  it('reads a refused token again, once', async () => {
    const seen: (string | undefined)[] = []
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'old\n')
    const kube = await connect(
      (request, response) => {
        seen.push(request.headers.authorization)
        response.statusCode = request.headers.authorization === 'Bearer new' ? 200 : 401
        response.end('{}')
      },
      { tokenFile: './token', token: 'ignored' },
    )
    const error = await failure(kube.requestJson({ path: '/', signal }))
    expect(hasCode(error, 'API_UNAUTHORIZED')).to.equal(true)
    expect(seen).to.deep.equal(['Bearer old', 'Bearer old'])
    await writeFile(tokenFile, 'new\n')
    expect(await kube.requestJson({ path: '/', signal })).to.deep.equal({})
    expect(seen.slice(2)).to.deep.equal(['Bearer old', 'Bearer new'])
    await kube.requestJson({ path: '/', signal })
    expect(seen.length).to.equal(5)
  })

  it('asks an exec plug-in once, and again when its answer is refused', async () => {
    const plugin = join(folder, 'plugin')
    const script = `#!/bin/sh
echo run >> "${folder}/runs"
echo "$KUBERNETES_EXEC_INFO" > "${folder}/info"
printf '{"kind":"ExecCredential","status":{"token":"token-%s"}}' "$(wc -l < "${folder}/runs" | tr -d ' ')"
`
    await writeFile(plugin, script)
    await chmod(plugin, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', args: [] }
    let good = 'Bearer token-1'
    const kube = await connect(
      (request, response) => {
        response.statusCode = request.headers.authorization === good ? 200 : 401
        response.end('{}')
      },
      { exec },
    )
    await kube.requestJson({ path: '/', signal })
    await kube.requestJson({ path: '/', signal })
    expect(await readFile(join(folder, 'runs'), 'utf8')).to.equal('run\n')
    expect(JSON.parse(await readFile(join(folder, 'info'), 'utf8'))).to.deep.include({ kind: 'ExecCredential' })
    good = 'Bearer token-2'
    await kube.requestJson({ path: '/', signal })
    expect(await readFile(join(folder, 'runs'), 'utf8')).to.equal('run\nrun\n')
  })

  it('says who has no credentials when a plug-in fails', async () => {
    const kube = await connect((_request, response) => response.end('{}'), { exec: { command: 'false', args: [] } })
    const error = await failure(kube.requestJson({ path: '/', signal }))
    expect(hasCode(error, 'CREDENTIALS')).to.equal(true)
    expect(errorText(error)).to.match(/user "u"/)
  })

  it('does not take a page for JSON, nor quote it', async () => {
    const kube = await connect((_request, response) => response.end('<html>secret</html>'))
    const error = await failure(kube.requestJson({ path: '/api', signal }))
    expect(errorText(error)).to.equal('GET /api: the answer is not JSON')
  })
})
