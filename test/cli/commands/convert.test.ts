/** `dogwatch convert kubecapwatch`: config files as people have them, held against manifests that were read and judged once. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { parseManifest } from '../../../src/api/manifest.ts'
import { convertCommand } from '../../../src/cli/commands/convert.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'
import { kubeCapWatchConfigs } from '../../support/kubecapwatch.ts'

const convert = (args: readonly string[], options: CliRunOptions = {}) =>
  runCli([convertCommand], ['convert', 'kubecapwatch', ...args], options)
const convertText = (stdin: string) => convert(['-'], { stdin })

const objectsIn = (yaml: string) => [parseAllDocuments(yaml)].flat().map((document) => document.toJS())

describe('dogwatch convert kubecapwatch', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-convert-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const file of kubeCapWatchConfigs) {
    const name = basename(file, '.ini')

    it(`converts ${name} to manifests that are valid, and tells of every setting`, async () => {
      const { exitCode, stdout, stderr } = await convert([file])
      expect(exitCode, stderr).to.equal(0)
      expectGolden(`cli/convert/${name}.yaml`, stdout)
      expectGolden(`cli/convert/${name}.txt`, stderr)
      for (const object of objectsIn(stdout)) parseManifest(object)
    })

    it(`names every key of ${name} once in the comments, and shows no credential`, async () => {
      const { stdout, stderr } = await convert([file])
      let section = ''
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        section = /^\[(.*)\]/.exec(line)?.[1] ?? section
        const key = /^([\w-]+) *[:=]/.exec(line)?.[1]?.toLowerCase()
        if (key === undefined) continue
        const told = stdout.split(`#   [${section}] ${key}`).length - 1
        expect(told, `[${section}] ${key}`).to.equal(1)
      }
      expect(stdout + stderr).not.to.match(/s3cret|hooks\.slack/)
    })
  }

  it('takes what KubeCapWatch takes where nothing is said', async () => {
    const { stdout } = await convertText('[DEFAULT]\npolicies = default\n')
    const [policy, receiver] = objectsIn(stdout)
    expect(policy.spec.interval).to.equal('5s')
    expect(policy.spec.reminder.every).to.equal('25s')
    expect(policy.spec.rules).to.have.length(8)
    expect(policy.spec.rules.map(({ above }: { above: number }) => above)).to.deep.equal(Array(8).fill(90))
    expect(policy.spec).not.to.have.property('namespaces')
    expect(receiver.spec).to.deep.equal({ console: {} })
  })

  it('writes a file for each resource, and nothing over what is there', async () => {
    const file = kubeCapWatchConfigs.find((path) => path.endsWith('everything.ini'))!
    const into = join(folder, 'new', 'dogwatch')
    const { exitCode, stdout, stderr } = await convert([file, '-o', into, '-n', 'watchers'])
    expect(exitCode, stderr).to.equal(0)
    expect(stdout).to.equal('')
    expect(readdirSync(into)).to.deep.equal([
      'alertreceiver-kubecapwatch-console.yaml',
      'alertreceiver-kubecapwatch-email.yaml',
      'alertreceiver-kubecapwatch-log.yaml',
      'alertreceiver-kubecapwatch-slack.yaml',
      'capacitypolicy-kubecapwatch.yaml',
    ])
    for (const name of readdirSync(into)) {
      expect(objectsIn(readFileSync(join(into, name), 'utf8'))[0].metadata.namespace).to.equal('watchers')
    }
    expect(readFileSync(join(into, 'capacitypolicy-kubecapwatch.yaml'), 'utf8')).to.match(
      /^# KubeCapWatch's everything/,
    )
    const again = await convert([file, '-o', into])
    expect(again.exitCode).to.equal(1)
    expect(again.stderr).to.match(/EEXIST.*capacitypolicy-kubecapwatch.*\nNothing is overwritten/)
  })

  it('says what cannot be read, by line and without values', async () => {
    const cases: [text: string, words: RegExp][] = [
      ['', /it holds no setting/],
      ['interval = 5\n', /line 1: there is no \[section\] before it/],
      ['[DEFAULT]\nxoxb-s3cret\ninterval: 5\n', /line 2: neither \[section\] nor key = value/],
      ['[slack]\nwebhook = s3cret\nWebhook = s3cret\n', /line 3: webhook is set already in line 2/],
      ['[DEFAULT]\ninterval = s3cret\n', /line 2: interval: it has to be a whole number/],
      ['[DEFAULT]\nnamespace = S3cret_s3cret\n', /line 2: namespace: no namespace can have/],
    ]
    for (const [text, words] of cases) {
      const { exitCode, stdout, stderr } = await convertText(text)
      expect(stderr, text).to.match(words)
      expect(stderr + stdout).not.to.contain('s3cret')
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' })
    }
    const missing = await convert([join(folder, 'absent.ini')])
    expect(missing.stderr).to.match(/cannot read .*absent\.ini: ENOENT/)
  })
})
