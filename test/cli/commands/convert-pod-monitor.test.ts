/** `dogwatch convert pod-monitor`: settings as people have them, held against manifests that were read and judged once. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { parseManifest } from '../../../src/api/manifest.ts'
import { operatorOptions } from '../../../src/app/options.ts'
import { convertCommand } from '../../../src/cli/commands/convert.ts'
import { podMonitorKeys } from '../../../src/cli/convert/pod-monitor-settings.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'
import { podMonitorConfigs } from '../../support/pod-monitor.ts'

const convert = (args: readonly string[], options: CliRunOptions = {}) =>
  runCli([convertCommand], ['convert', 'pod-monitor', ...args], options)
const convertText = (stdin: string) => convert(['-'], { stdin })

const objectsIn = (yaml: string) => [parseAllDocuments(yaml)].flat().map((document) => document.toJS())

describe('dogwatch convert pod-monitor', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-convert-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const file of podMonitorConfigs) {
    const name = basename(file, '.yml')

    it(`converts ${name} to manifests that are valid, tells of every setting, and shows no credential`, async () => {
      const { exitCode, stdout, stderr } = await convert([file])
      expect(exitCode, stderr).to.equal(0)
      expectGolden(`cli/convert-pod-monitor/${name}.yaml`, stdout)
      expectGolden(`cli/convert-pod-monitor/${name}.txt`, stderr)
      for (const object of objectsIn(stdout)) parseManifest(object)
      expect(stdout + stderr).not.to.match(/s3cret/)
    })
  }

  it('knows every setting that kubernetes-pod-monitor reads', async () => {
    const known = [
      ...['deploy_env', 'cluster_name', 'server.port', 'log.level', 'aws.region', 'check_interval', 'max_retries'],
      ...[
        'url',
        'dashboard',
        'scheme',
        'port',
        'index',
        'buffer_size',
        'batch_size',
        'flush_seconds',
        'doc_type',
        'v7',
      ].map((key) => `elasticsearch.${key}`),
      ...['connection_lifetime', 'host', 'port', 'username', 'password', 'dbname', 'table_name'].map(
        (key) => `sql.${key}`,
      ),
      ...['max_parallelism', 'max_crashlog_length', 'slack.token', 'slack.channel', 'slack.notify'],
    ]
    expect([...podMonitorKeys].sort()).to.deep.equal(known.sort())
    const { stdout } = await convert([podMonitorConfigs.find((path) => path.endsWith('everything.yml'))!])
    for (const key of known) expect(stdout.match(new RegExp(`^#   ${key}(:| ->)`, 'gim')), key).to.have.length(1)
  })

  it('names no flag that the operator does not have', async () => {
    const flags = Object.values(operatorOptions).map((option) => option.flags?.split(' ')[0])
    for (const file of podMonitorConfigs) {
      const { stdout } = await convert([file])
      const named = (stdout.match(/--[a-z][a-z-]+/g) ?? []).filter((flag) => !notOfTheOperator.includes(flag))
      for (const flag of named) expect(flags, flag).to.include(flag)
    }
  })
  const notOfTheOperator = ['--env-file', '--mysql', '--cluster', '--list', '--from-literal']

  it('takes what kubernetes-pod-monitor takes where nothing is said', async () => {
    const [route, receiver] = objectsIn((await convertText('slack:\n  notify: true\n')).stdout)
    expect(route.spec).to.deep.equal({
      logs: { maxBytes: 1_000_000, tailLines: 5_000 },
      receivers: [{ name: 'pod-monitor' }],
    })
    expect(receiver.spec.slack.channel).to.equal('#pod-crash-alerts')
  })

  it('tells nothing where kubernetes-pod-monitor told nothing', async () => {
    for (const notify of ['', 'slack:\n  notify: false\n', 'slack:\n  notify: "no"\n']) {
      const [route] = objectsIn((await convertText(`check_interval: 15\n${notify}`)).stdout)
      expect(route.spec.ignore, notify).to.deep.equal([{ namespace: '*' }])
    }
  })

  it('lets variables win over the file, and empty ones not', async () => {
    const env = join(folder, 'pod-monitor.env')
    const lines = ['# Deployment pod-monitor, container main', 'SLACK_CHANNEL=C0123ABCDEF', 'SLACK_TOKEN=xoxb-s3cret']
    writeFileSync(env, [...lines, 'SLACK_NOTIFY=true', 'CLUSTER_NAME=', 'PATH=/bin', ''].join('\n'))
    const input = { stdin: 'CLUSTER_NAME: prod\nslack:\n  channel: general\n  notify: false\n' }
    const { stdout, stderr } = await convert(['-', '--env-file', env], input)
    const [route, receiver] = objectsIn(stdout)
    expect(receiver.spec.slack.channel).to.equal('C0123ABCDEF')
    expect(route.spec).not.to.have.property('ignore')
    expect(stdout).to.include('slack.token (SLACK_TOKEN) ->').and.to.include('slack.notify (SLACK_NOTIFY) ->')
    expect(stdout).to.include('"--cluster-name=prod"').and.not.to.include('--env-file')
    expect(stdout + stderr).not.to.match(/s3cret|PATH/)
  })

  it('writes a file for each resource, and nothing over what is there', async () => {
    const file = podMonitorConfigs.find((path) => path.endsWith('everything.yml'))!
    const into = join(folder, 'new', 'dogwatch')
    expect((await convert([file, '-o', into, '-n', 'watchers'])).exitCode).to.equal(0)
    expect(readdirSync(into)).to.deep.equal(['alertreceiver-pod-monitor.yaml', 'crashalertroute-pod-monitor.yaml'])
    expect(readFileSync(join(into, 'crashalertroute-pod-monitor.yaml'), 'utf8')).to.match(
      /^# kubernetes-pod-monitor's every/,
    )
    expect((await convert([file, '-o', into])).stderr).to.match(/EEXIST.*\nNothing is overwritten/)
  })

  it('lets no name of a setting leave the comments', async () => {
    const { stdout } = await convertText('"a\\nkind: Secret\\u2028b": 1\n')
    expect(stdout).to.include(String.raw`#   "a\nkind: Secret\u2028b": kubernetes-pod-monitor has no such setting`)
    expect(objectsIn(stdout).map(({ kind }) => kind)).to.deep.equal(['CrashAlertRoute', 'AlertReceiver'])
  })

  it('says what cannot be read, by line and without values', async () => {
    const cases: [text: string, words: RegExp][] = [
      ['', /it holds no setting/],
      ['slack:\n  token: "s3cret\n', /line \d: it is no YAML \(/],
      ['slack:\n  - s3cret\n', /line 2: a setting is a name and one value/],
      ['slack:\n  token: s3cret\nSlack:\n  Token: s3cret\n', /line 4: this setting is in line 2 already/],
      ['max_crashlog_length: s3cret\n', /line 1: max_crashlog_length: it has to be a whole number of bytes/],
      ['s3cret', /line 1: a setting is a name and one value/],
    ]
    for (const [text, words] of cases) {
      const { exitCode, stdout, stderr } = await convertText(text)
      expect(stderr, text).to.match(words)
      expect(stderr + stdout).not.to.contain('s3cret')
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' })
    }
  })

  it('wants to know the cluster, a url that can be used, and a way that is safe', async () => {
    const cases: [args: string[], words: RegExp][] = [
      [['--mysql'], /--mysql: its tables hold several clusters: name yours with --cluster/],
      [['--cluster', 'prod', '--mysql', 'postgres://u:s3cret@h/d'], /the url .* cannot be used: write it as mysql:/],
      [['--cluster', 'prod', '--mysql'], /the url .* has an address, .* set --mysql-tls=off where/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stdout, stderr } = await convert(['-', ...args], {
        stdin: 'sql:\n  username: u\n  password: s3cret\n',
      })
      expect(stderr).to.match(words).and.not.to.contain('s3cret')
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' })
    }
  })
})
