/** `dogwatch alerts` and `dogwatch receivers test` against a server that serves the API's schemas. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { AlertDetailView } from '../../../src/api/http/alert-views.ts'
import { commands } from '../../../src/cli/commands.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'
import {
  sampleAlert as alert,
  type OperatorAnswers,
  type OperatorApiServer,
  sampleAlerts,
  startOperatorApi,
} from '../../support/operator-api.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const nowMs = Date.parse('2026-12-01T12:40:00Z')

describe('dogwatch alerts', () => {
  let folder: string
  let kubeconfig: string
  let server: OperatorApiServer
  let answers: OperatorAnswers

  beforeEach(async () => {
    answers = {
      alerts: sampleAlerts(),
      receivers: [
        { namespace: 'dogwatch-system', name: 'oncall', ready: 'True', reason: 'Ready', message: '', channel: 'slack' },
        { namespace: 'dogwatch-system', name: 'mail', ready: 'True', reason: 'Ready', message: '', channel: 'email' },
      ],
      test: { sent: true, message: 'the receiver took the test message' },
    }
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-alerts-'))
    server = await startOperatorApi(answers)
    kubeconfig = join(folder, 'config')
    writeFileSync(kubeconfig, server.kubeconfig)
  })

  afterEach(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  const run = (args: readonly string[], options: CliRunOptions = {}) =>
    runCli(commands, [...args, '--kubeconfig', kubeconfig], {
      clock: new VirtualClock(nowMs),
      ...options,
      env: { TZ: 'Europe/Zurich', ...options.env },
    })
  const screen = (columns: number): CliRunOptions => ({ isTerminal: true, columns, env: { NO_COLOR: '1' } })

  it('shows what fires, the most severe first, as wide as the screen', async () => {
    for (const columns of [80, 120]) {
      const { stdout, stderr, exitCode } = await run(['alerts'], screen(columns))
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' })
      expectGolden(`cli/alerts/list.${columns}.txt`, stdout)
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(columns)
    }
    expectGolden('cli/alerts/list-all-wide.txt', (await run(['alerts', 'list', '--state', 'all', '-o', 'wide'])).stdout)
  })

  it('gives all of it to programs', async () => {
    for (const output of ['json', 'yaml', 'csv']) {
      expectGolden(`cli/alerts/list.${output}`, (await run(['alerts', '-o', output])).stdout)
    }
  })

  it('asks for what the filters say', async () => {
    await run([
      'alerts',
      '-n',
      'payments',
      '--severity',
      'critical',
      '--policy',
      'a/b',
      '-l',
      'x=1',
      '-l',
      'y=2',
      '--limit',
      '7',
    ])
    expect(server.asked).to.have.length(1)
    const { searchParams } = new URL(server.asked[0]!.split(' ')[1]!, 'http://localhost')
    expect([...searchParams]).to.deep.equal([
      ['state', 'firing'],
      ['namespace', 'payments'],
      ['severity', 'critical'],
      ['policy', 'a/b'],
      ['label', 'x=1'],
      ['label', 'y=2'],
      ['limit', '7'],
    ])
  })

  it('reads page after page, and says when there are more', async () => {
    answers.alerts = Array.from({ length: 1_234 }, (_, i) => alert(`id-${String(i).padStart(5, '0')}`, `Node n-${i}`))
    const all = JSON.parse((await run(['alerts', '--limit', '2000', '-o', 'json'])).stdout)
    expect(all.items).to.have.length(1_234)
    expect(new Set(all.items.map(({ id }: AlertDetailView) => id)).size).to.equal(1_234)
    expect((await run(['alerts'])).stdout).to.match(/There are more than these 100: --limit shows more/)
  })

  it('says that nothing fires', async () => {
    answers.alerts = []
    expect((await run(['alerts'])).stdout).to.equal('Nothing fires that you may see.\n')
    expect((await run(['alerts', '-n', 'x'])).stdout).to.equal('Nothing fires that is asked for.\n')
  })

  it('shows one alert, the most important first', async () => {
    for (const columns of [80, 120]) {
      const { stdout, exitCode } = await run(['alerts', 'show', '3f9c1a7'], screen(columns))
      expect(exitCode).to.equal(0)
      expectGolden(`cli/alerts/show.${columns}.txt`, stdout)
    }
    const coloured = await run(['alerts', 'show', '3f9c1a77-0001'], { isTerminal: true, columns: 120 })
    expect(coloured.stdout).to.contain('\u001b[31mcritical\u001b[39m')
    expect(coloured.stdout).to.contain('\u001b[31mFAILED: auth (4 tries)\u001b[39m')
    expectGolden('cli/alerts/show-taken.txt', (await run(['alerts', 'show', '3f9c1a9'])).stdout)
    expectGolden('cli/alerts/show-over.txt', (await run(['alerts', 'show', '77'])).stdout)
    expectGolden('cli/alerts/show.yaml', (await run(['alerts', 'show', '77', '-o', 'yaml'])).stdout)
  })

  it('wants a beginning that is of one alert alone, those that fire first', async () => {
    const both = await run(['alerts', 'show', '3f9c1a'])
    expect(both.exitCode).to.equal(1)
    expect(both.stderr).to.equal(
      'dogwatch: 2 alerts begin with "3f9c1a":\n' +
        '  3f9c1a7  Node worker-a1: cpu requests at 96.2% of allocatable, above 80%\n' +
        '  3f9c1a9  Pod payments/ledger-0: memory use at 83% of its limit, above 80%\n',
    )
    const none = await run(['alerts', 'show', 'beef'])
    expect(none.stderr).to.match(/there is no alert "beef" that you may see: `alerts --state all`/)
    answers.alerts.push(alert('a1ffff-0005', 'old', { state: 'closed', endedAt: '2026-11-01T00:00:00.000Z' }))
    expect((await run(['alerts', 'show', 'a1'])).stdout).to.match(/NodePool small/)
  })

  it('takes an alert', async () => {
    const { stdout, exitCode } = await run(['alerts', 'ack', '3f9c1a7', 'a1', '--comment', 'adding a node'])
    expect(exitCode).to.equal(0)
    expect(stdout).to.equal(
      'You look after it as ada@example.com: Node worker-a1: cpu requests at 96.2% of allocatable, above 80%\n' +
        'You look after it as ada@example.com: NodePool small: memory requests do not fit without its largest node, 6.81Gi too much\n' +
        'No reminders until something new happens.\n',
    )
    const over = await run(['alerts', 'ack', '77'])
    expect(over.exitCode).to.equal(1)
    expect(over.stderr).to.match(/alert 77aa55cc-0004 is over: there is nothing to look after/)
  })

  it('goes on with a line for each that begins, is taken or ends, and waits for an operator that is away', async () => {
    const stop = new AbortController()
    const clock = new VirtualClock(nowMs)
    const watching = run(['alerts', 'watch'], { signal: stop.signal, clock })
    const rounds: (() => void)[] = [
      () =>
        answers.alerts.push(
          alert('beef00-0006', 'Node worker-c1: cpu requests at 90% of allocatable, above 80%', {
            startedAt: '2026-12-01T12:40:01.000Z',
          }),
        ),
      () => Object.assign(answers.alerts[2]!, { acknowledged: { by: 'bob', at: '2026-12-01T12:40:03.000Z' } }),
      () =>
        Object.assign(answers, {
          refusal: { status: 503, body: 'error trying to reach service: dial tcp 10.0.0.1: refused' },
        }),
      () => Object.assign(answers, { refusal: undefined }),
      () => Object.assign(answers.alerts[0]!, { state: 'resolved', endedAt: '2026-12-01T12:40:08.000Z' }),
    ]
    const settle = async () => {
      for (let before = -1; before !== server.asked.length; ) {
        before = server.asked.length
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    }
    await settle()
    for (const change of rounds) {
      change()
      await clock.advance(2_000)
      await settle()
    }
    stop.abort()
    const { stdout, stderr, exitCode } = await watching
    expect(exitCode).to.equal(0)
    expectGolden('cli/alerts/watch.txt', stdout)
    expect(stderr).to.match(/^The operator cannot be asked, trying again: the API server does not reach the operator/)
    expect(stderr).to.match(/The operator answers again\.\n$/)
  })

  it('says what to do where the operator cannot be asked', async () => {
    const cases: [refusal: OperatorAnswers['refusal'], words: RegExp][] = [
      [
        { status: 404, body: '404 page not found\n' },
        /does not serve the operator's API: there is no APIService v1alpha1\.api\.dogwatch\.dev\.\n.*--server-url/,
      ],
      [
        { status: 503, body: 'service unavailable\n' },
        /does not reach the operator\.\n {2}Look: kubectl get apiservice/,
      ],
      [
        { status: 200, body: '{"alerts": [{"id": 1}]}' },
        /is not as this program \(.*\) knows it: is the operator of another version\?/,
      ],
    ]
    for (const [refusal, words] of cases) {
      Object.assign(answers, { refusal })
      const { exitCode, stderr } = await run(['alerts'])
      expect(stderr).to.match(words)
      expect(exitCode).to.equal(1)
    }
  })

  it('refuses ways to the operator that make no sense', async () => {
    const cases: [args: string[], words: RegExp][] = [
      [['--token-file', 'x'], /go with --server-url/],
      [['--server-url', 'https://localhost:1'], /--server-url needs --token-file/],
      [['--server-url', 'http://localhost:1', '--token-file', 'x'], /write https:\/\/HOST:PORT/],
      [['--limit', '0'], /Write a number from 1 to 999999/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stderr } = await run(['alerts', ...args])
      expect(stderr, args.join(' ')).to.match(words)
      expect(exitCode).to.equal(2)
    }
  })

  it('tries a receiver out, in the namespace of the context or the one that is named', async () => {
    const taken = await run(['receivers', 'test', 'oncall'])
    expect(taken).to.include({
      exitCode: 0,
      stdout: 'payments/oncall took the test message. Look there whether it can be read.\n',
    })
    answers.test = { sent: false, reason: 'auth', message: 'the server refused the token' }
    const refused = await run(['receivers', 'test', 'oncall', '-n', 'dogwatch-system'])
    expect(refused.exitCode).to.equal(1)
    expect(refused.stderr).to.equal(
      'dogwatch-system/oncall did not take the test message (auth): the server refused the token\nLook: kubectl -n dogwatch-system describe alertreceiver oncall\n',
    )
    expect(server.asked).to.deep.equal([
      'POST /apis/api.dogwatch.dev/v1alpha1/namespaces/payments/receivers/oncall/test',
      'POST /apis/api.dogwatch.dev/v1alpha1/namespaces/dogwatch-system/receivers/oncall/test',
    ])
  })
})
