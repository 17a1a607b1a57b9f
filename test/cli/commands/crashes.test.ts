/** `dogwatch crashes` against the API's own routes, over a history in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { commands } from '../../../src/cli/commands.ts'
import { isPlain } from '../../../src/model/harmless-text.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'
import { type OperatorAnswers, type OperatorApiServer, startOperatorApi } from '../../support/operator-api.ts'
import { sampleCrash, sampleCrashes } from '../../support/sample-crashes.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const nowMs = Date.parse('2026-12-01T12:40:00Z')

describe('dogwatch crashes', () => {
  let folder: string
  let kubeconfig: string
  let server: OperatorApiServer
  let answers: OperatorAnswers

  beforeEach(async () => {
    answers = { alerts: [], receivers: [], test: { sent: true, message: '' }, crashes: sampleCrashes() }
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-crashes-'))
    server = await startOperatorApi(answers)
    kubeconfig = join(folder, 'config')
    writeFileSync(kubeconfig, server.kubeconfig)
  })

  afterEach(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  const run = (args: readonly string[], options: CliRunOptions = {}) =>
    runCli(commands, ['crashes', ...args, '--kubeconfig', kubeconfig], {
      clock: new VirtualClock(nowMs),
      ...options,
      env: { TZ: 'Europe/Zurich', ...options.env },
    })
  const screen = (columns: number): CliRunOptions => ({ isTerminal: true, columns, env: { NO_COLOR: '1' } })
  const must = async (args: readonly string[], options?: CliRunOptions) => {
    const { exitCode, stdout, stderr } = await run(args, options)
    expect({ exitCode, stderr }, args.join(' ')).to.deep.equal({ exitCode: 0, stderr: '' })
    return stdout
  }
  const itemsOf = async (args: readonly string[]) => JSON.parse(await must([...args, '-o', 'json'])).items
  const queryOf = (asked: string | undefined) =>
    new URL(asked?.split(' ').slice(1).join(' ') ?? '', 'http://x').searchParams

  it('shows what crashed, the newest first, as wide as the screen', async () => {
    for (const columns of [80, 120]) {
      for (const [name, args] of [
        ['list-all', ['-A']],
        ['list', []],
      ] as const) {
        const stdout = await must(args, screen(columns))
        expectGolden(`cli/crashes/${name}.${columns}.txt`, stdout)
        expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(columns)
      }
    }
    expectGolden('cli/crashes/list-wide.txt', await must(['list', '-A', '-o', 'wide']))
  })

  it('gives all of it to programs', async () => {
    for (const output of ['json', 'yaml', 'csv']) {
      expectGolden(`cli/crashes/list.${output}`, await must(['-A', '-o', output]))
    }
  })

  it('asks for what the options say, in the namespace of the context, in another or in all', async () => {
    await run([
      'list',
      '--since',
      '24h',
      '--until',
      '13:00',
      '--reason',
      'oomkilled',
      '--reason',
      'Error',
      '--limit',
      '7',
    ])
    await run(['-n', 'web', '--workload', 'deploy/api', '--pod', 'p', '--container', 'c', '--node', 'n'])
    await run(['-A', '--since', '2026-11-24 08:00'])
    expect(server.asked.map((asked) => [...queryOf(asked)])).to.deep.equal([
      [
        ['namespace', 'payments'],
        ['from', '2026-11-30T12:40:00.000Z'],
        ['to', '2026-12-01T12:00:00.000Z'],
        ['reason', 'OOMKilled'],
        ['reason', 'Error'],
        ['limit', '7'],
      ],
      [
        ['namespace', 'web'],
        ['workload', 'Deployment/api'],
        ['pod', 'p'],
        ['container', 'c'],
        ['node', 'n'],
        ['limit', '50'],
      ],
      [
        ['from', '2026-11-24T07:00:00.000Z'],
        ['limit', '50'],
      ],
    ])
  })

  it('finds what is asked for', async () => {
    const ids = async (...args: string[]) => (await itemsOf(args)).map(({ id }: { id: string }) => id.slice(0, 2))
    expect(await ids('-A', '--since', '24h')).to.deep.equal(['3f', 'a1', '77'])
    expect(await ids('-A', '--until', '24h')).to.deep.equal(['0b'])
    expect(await ids('-A', '--reason', 'OOMKilled')).to.deep.equal(['3f'])
    expect(await ids('--workload', 'deploy/api')).to.deep.equal(['3f', 'a1'])
    expect(await ids('--workload', 'sts/api')).to.deep.equal([])
  })

  it('reads page after page, and says when there are more', async () => {
    answers.crashes = Array.from({ length: 1_203 }, (_, i) => sampleCrash(`id${i}`, { atMs: nowMs - i * 1_000 }))
    expect(new Set((await itemsOf(['-A', '--limit', '2000'])).map(({ id }: { id: string }) => id)).size).to.equal(1_203)
    expect(await must(['-A'])).to.match(
      /\nThere are more than these 50: --limit shows more, --since and others find them\.\n/,
    )
  }).timeout(10_000)

  it('says that nothing crashed, and where it looked', async () => {
    answers.crashes = []
    expect(await must([])).to.equal('No crash is known in namespace payments; -A looks in all.\n')
    expect(await must(['-A'])).to.equal('No crash is known that you may see.\n')
    expect(await must(['-A', '--reason', 'Error'])).to.equal('No crash that is asked for is known that you may see.\n')
    expect(await must(['search', 'words'])).to.match(/^No crash that is asked for is known in namespace payments/)
    expect(await must(['top', '-A'])).to.match(
      /^No crash that is asked for is known that you may see\.\n\nCrashes since Nov 24/,
    )
  })

  /** Watches until the second list was shown; what was printed all in all. */
  async function watchTwo(output: string, first: RegExp, second: RegExp): Promise<string> {
    const [stop, clock] = [new AbortController(), new VirtualClock(nowMs)]
    const printed: string[] = []
    const args = ['-A', '--watch', '-o', output]
    const watching = run(args, { clock, signal: stop.signal, onWrite: (text) => printed.push(text) })
    const until = async (words: RegExp) => {
      while (!printed.some((text) => words.test(text))) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        await clock.advance(2_000)
      }
    }
    await until(first)
    answers.crashes = [...sampleCrashes(), sampleCrash('feed0000beef', { atMs: nowMs, cause: 'a new one' })]
    await until(second)
    stop.abort()
    const { exitCode, stdout } = await watching
    expect(exitCode).to.equal(0)
    return stdout
  }

  it('goes on showing them as they come', async () => {
    await watchTwo('table', /3f9c1a77/, /feed0000 .*a new one/)
  })

  it('goes on showing them to programs: as a stream of YAML, and as JSON behind JSON', async () => {
    const documents = parseAllDocuments(await watchTwo('yaml', /3f9c1a77/, /feed0000beef/))
    const lists = documents.map((document) => {
      expect(document.errors).to.deep.equal([])
      return (document.toJS() as { items: { id: string }[] }).items.length
    })
    expect(lists).to.deep.equal([sampleCrashes().length, sampleCrashes().length + 1])
    answers.crashes = sampleCrashes()
    const texts = (await watchTwo('json', /3f9c1a77/, /feed0000beef/)).split('\n\n')
    expect(texts.map((text) => JSON.parse(text).items.length)).to.deep.equal(lists)
  })

  it('shows one crash: why, whose, when and how often, what is known, its last lines, what to do', async () => {
    for (const columns of [80, 120]) {
      expectGolden(`cli/crashes/show.${columns}.txt`, await must(['show', '3f9c1a77'], screen(columns)))
    }
    expectGolden('cli/crashes/show-image.txt', await must(['show', '77'], screen(80)))
    expectGolden('cli/crashes/show-job.txt', await must(['show', '0b1c'], screen(80)))
    expectGolden('cli/crashes/show.yaml', await must(['show', '0b1c', '-o', 'yaml']))
    const coloured = await must(['show', '3f9c1a77'], { isTerminal: true, columns: 80 })
    expect(coloured).to.include('\u001b[31mOOMKilled\u001b[39m: killed by the kernel')
    expect(await must(['show', 'a1', '--lines', '1'])).to.match(
      /\nThe last line of its log; more: dogwatch crashes logs a1b2c3d4\n {2}psycopg2\.OperationalError/,
    )
    expect(await must(['show', 'a1'])).to.match(/\nIts whole log:\n {2}starting\n/)
  })

  it('shows a crash without its log to those who may not read logs, and how to check that', async () => {
    answers.rights = ['get pods */*']
    const shown = await must(['show', '3f9c1a77'])
    expect(shown).to.include(
      'There is a log that you may not read. Check with:\n  kubectl auth can-i get pods --subresource=log -n payments\n',
    )
    expect(shown).not.to.include('Traceback')
    const { exitCode, stderr } = await run(['logs', '3f9c1a77'])
    expect(stderr).to.match(/403 get pods\/log payments\/\*/)
    expect(exitCode).to.equal(1)
  })

  it('says what is wrong with an id', async () => {
    const none = await run(['show', 'beef'])
    expect(none.stderr).to.match(
      /there is no crash beef that you may see, or the ids of several begin so; ids are in the list/,
    )
    expect(none.exitCode).to.equal(1)
    expect((await run(['logs', '77'])).stderr).to.match(/crash 77aa55cc99ee has no log: log: it never started/)
  })

  it('gives the log alone, to be searched and kept', async () => {
    const { stdout, stderr, exitCode } = await run(['logs', '3f9c1a77'])
    expect([exitCode, stderr]).to.deep.equal([0, 'This is the end of the log; what came before it is not kept.\n'])
    expect(stdout).to.equal(sampleCrashes()[0]?.log?.text)
    const whole = await run(['logs', 'a1b2'])
    expect(whole).to.include({ stderr: '', stdout: sampleCrashes()[1]?.log?.text })
    expect(JSON.parse(await must(['logs', 'a1b2', '-o', 'json']))).to.deep.equal({
      ...{ id: 'a1b2c3d4e5f6', text: whole.stdout, isCut: false },
    })
  })

  it('counts what crashes most', async () => {
    for (const columns of [80, 120])
      expectGolden(`cli/crashes/top.${columns}.txt`, await must(['top', '-A'], screen(columns)))
    expectGolden('cli/crashes/top.csv', await must(['top', '--by', 'reason', '-A', '--since', '30d', '-o', 'csv']))
    expect(await itemsOf(['top', '--by', 'node', '-A'])).to.deep.equal([
      { value: 'worker-a1', crashes: 4, firstAt: '2026-12-01T09:12:00.000Z', lastAt: '2026-12-01T12:38:00.000Z' },
    ])
    expect(await must(['top', '-n', 'payments', '--since', '24h', '--until', '1m'])).to.match(
      /\n\nCrashes since Nov 30 13:40 until 13:39\.\n$/,
    )
  })

  it('finds crashes by words, and shows where they stand', async () => {
    for (const columns of [80, 120]) {
      expectGolden(
        `cli/crashes/search.${columns}.txt`,
        await must(['search', 'connection refused', '-A'], screen(columns)),
      )
    }
    const asked = queryOf(server.asked[0])
    expect([asked.get('q'), asked.get('limit')]).to.deep.equal(['"connection refused"', '20'])
    const coloured = await must(['search', 'LEDGER', 'db'], { isTerminal: true, columns: 80 })
    expect(coloured).to.include('\u001b[33mledger\u001b[39m-\u001b[33mdb\u001b[39m')
    expect(await itemsOf(['search', 'ledger', 'starting'])).to.have.length(2)
    expect(await itemsOf(['search', 'ledger starting'])).to.have.length(0)
    expect(await must(['search', 'refused', '-A', '-o', 'csv'])).to.match(/^id,at,namespace,.*\n3f9c1a7700d1,/)
    expect(parse(await must(['search', 'refused', '-o', 'yaml'])).items).to.have.length(2)
    const none = await run(['search', '***'])
    expect(none.stderr).to.match(/400 the query: .*write at least one word/)
  })

  it('says where it could not search', async () => {
    answers.rights = ['get pods */*', 'get pods/log payments/*']
    expect(await must(['search', 'refused', '-A'])).to.match(
      /\nNot searched, as you may not read logs there: batch, web\.\nCheck with: kubectl auth can-i get pods --subresource=log -n batch\n$/,
    )
    expect(await must(['-A'])).not.to.match(/Not searched/)
  })

  it('shows what strangers wrote as text, in every format', async () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e<script>alert(1)</script> <!channel> =1+1'
    const long = `${evil}\r${evil} needle ${'x'.repeat(200_000)}`
    const text = `${long}${'y'.repeat(10_000_000)}\n${evil}`
    answers.crashes = [
      sampleCrash('evil00000000', {
        ...{
          namespace: 'payments',
          cause: `${evil} needle`,
          message: long,
          facts: [evil, `=${evil}`],
          missing: [long],
        },
        workload: { kind: evil, name: `${evil}; rm -rf /` },
        pod: { name: '$(reboot)', uid: evil },
        container: { name: '`reboot`', role: 'app', image: evil },
        ...{ node: evil, cluster: evil, log: { text, isCut: true } },
      }),
    ]
    const outputs: Record<string, string[]> = {
      list: ['table', 'wide', 'json', 'yaml', 'csv'],
      'search needle': ['text', 'json', 'yaml', 'csv'],
    }
    Object.assign(outputs, { 'show evil': ['text', 'json', 'yaml'], 'top --by node': ['table', 'json', 'yaml', 'csv'] })
    for (const [command, formats] of Object.entries(outputs)) {
      for (const format of formats) {
        const args = [...command.split(' '), '-o', format]
        const stdout = await must(args, screen(120))
        expect([isPlain(stdout), stdout.length < 100_000], args.join(' ')).to.deep.equal([true, true])
        expect(stdout, args.join(' ')).to.include('<!channel>')
        if (format === 'csv') expect(stdout).not.to.match(/(^|,)"?[=+@]/m)
      }
    }
    const shown = await must(['show', 'evil'], screen(80))
    expect(shown).to.include('\nNext:\n  dogwatch crashes logs evil0000\n\n').and.not.include('describe pod')
    for (const format of ['text', 'json', 'yaml']) {
      const { stdout } = await run(['logs', 'evil', '-o', format])
      expect([isPlain(stdout), stdout.length > 10_000_000], format).to.deep.equal([true, true])
    }
  }).timeout(60_000)

  it('says in the operator’s words that the history is away', async () => {
    const message =
      'the crash history does not answer within 6 s; crashes are kept until it does. Try again, or ask for less'
    const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 503, message })
    Object.assign(answers, { refusal: { status: 503, body } })
    const { exitCode, stderr } = await run(['-A'])
    expect(stderr).to.match(/503 the crash history does not answer within 6 s; crashes are kept until it does/)
    expect(exitCode).to.equal(1)
  })

  it('refuses options that make no sense', async () => {
    const cases: [args: string[], words: RegExp][] = [
      [['--reason', 'Crashed'], /Write one of Error, OOMKilled/],
      [['--since', 'yesterday'], /--since "yesterday" is not a time: write 24h or 7d ago/],
      [['--workload', 'a/b/c'], /Write name or kind\/name/],
      [['--limit', '0'], /Write a number from 1 to 999999/],
      [['top', '--limit', '501'], /Write a number from 1 to 500/],
      [['top', '--by', 'colour'], /Allowed choices are workload, namespace, reason, node, image/],
      [['search'], /missing required argument 'words'/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stderr } = await run(args)
      expect(stderr, args.join(' ')).to.match(words)
      expect(exitCode, args.join(' ')).to.equal(2)
    }
  })
})
