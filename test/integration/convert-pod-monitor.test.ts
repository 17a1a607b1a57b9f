/** What `dogwatch convert pod-monitor` writes: from a real database with kubernetes-pod-monitor's tables, applied to a real API server, taken by an operator. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { passwordVariable } from '../../src/cli/actions/convert-pod-monitor.ts'
import { commands } from '../../src/cli/commands.ts'
import { type CliRunOptions, runCli } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'
import { type Anything, type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { podMonitorConfigs, podMonitorTables } from '../support/pod-monitor.ts'
import { skipUnless } from '../support/skip.ts'

const everything = podMonitorConfigs.find((path) => path.endsWith('everything.yml'))!

const objectsIn = (yaml: string): Anything[] => [parseAllDocuments(yaml)].flat().map((document) => document.toJS())

describe('what convert makes of kubernetes-pod-monitor', function () {
  this.timeout(10 * 60_000)
  let database: Mariadb

  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    database = await startMariadb({ tlsHost: 'localhost' })
    await database.run('USE dogwatch', ...podMonitorTables, ...rows)
  })
  after(async () => database?.stop())

  const rows = [
    `INSERT INTO k8s_pod_crash_notify VALUES ('prod-eu', 'payments', 'payments-oncall'), ('prod-eu', 'ledger', '#payments-oncall'),
      ('prod-eu', 'shop', 'C0123ABCDEF'), ('prod-eu', 'people', '@ann'), ('prod-eu', 'Not_A_Namespace', 'x'),
      ('prod-eu', 'ns-team', 'team.a'), ('staging', 'payments', 'elsewhere')`,
    `INSERT INTO k8s_crash_ignore_notify VALUES ('prod-eu', 'dev', 'load'), ('prod-eu', 'shop', 'cart'),
      ('prod-eu', 'shop', '*'), ('staging', 'dev', 'other')`,
  ]
  const withoutPassword = () => `mysql://dogwatch@127.0.0.1:${database.port}/dogwatch`
  const convert = (args: readonly string[], options: CliRunOptions = {}) =>
    runCli(commands, ['convert', 'pod-monitor', everything, ...args], options)
  const withDatabase = () => ['--mysql', withoutPassword(), '--mysql-tls', 'off']
  const env = () => ({ [passwordVariable]: database.password })

  it('makes lines of channels and ignores of mutes, and names what it cannot take and whose are others', async () => {
    const { exitCode, stdout, stderr } = await convert(withDatabase(), { env: env() })
    expect(exitCode, stderr).to.equal(0)
    const [route] = objectsIn(stdout)
    const line = (name: string, names: string[], channel: string) => ({
      ...{ name, namespaces: { names }, receivers: [{ name: 'pod-monitor', slack: { channel } }] },
    })
    expect(route!.spec.routes).to.deep.equal([
      line('payments-oncall', ['ledger', 'payments'], '#payments-oncall'),
      line('team-a', ['ns-team'], '#team.a'),
      line('c0123abcdef', ['shop'], 'C0123ABCDEF'),
    ])
    expect(route!.spec.ignore).to.deep.equal([
      { namespace: 'dev', container: 'load' },
      { namespace: 'shop', container: 'cart' },
    ])
    for (const dropped of ['"people" "@ann"', '"Not_A_Namespace" "x"', '"shop" "*"']) {
      expect(stdout).to.match(new RegExp(`^#   k8s_\\w+ ${dropped.replace('*', '\\*')}: `, 'm'))
    }
    expect(stdout).to.include('also speak of clusters "staging"').and.to.include('k8s_pod_crash_notify (6 rows')
  })

  it('takes the rows of the cluster that is asked for', async () => {
    const { stdout } = await convert([...withDatabase(), '--cluster', 'staging'], { env: env() })
    expect(objectsIn(stdout)[0]!.spec.routes.map(({ name }: Anything) => name)).to.deep.equal(['elsewhere'])
  })

  it('takes the password from a file, a variable or the settings, and shows it nowhere', async () => {
    const file = join(database.dir, 'password')
    await writeFile(file, `${database.password}\n`)
    const settings = `CLUSTER_NAME: prod-eu\nsql:\n  port: ${database.port}\n  username: dogwatch\n  dbname: dogwatch\n  password: ${database.password}\n`
    const runs = [
      await convert([...withDatabase(), '--mysql-password-file', file]),
      await convert(withDatabase(), { env: env() }),
      await runCli(commands, ['convert', 'pod-monitor', '-', '--mysql', '--mysql-tls', 'off'], { stdin: settings }),
      await convert(['--mysql', database.url.replace('127.0.0.1', 'localhost'), '--mysql-ca-file', database.caFile]),
    ]
    for (const { exitCode, stdout, stderr } of runs) {
      expect(exitCode, stderr).to.equal(0)
      expect(objectsIn(stdout)[0]!.spec.routes).to.have.length(3)
      expect(stdout + stderr).not.to.include(database.password)
    }
  })

  it('says why it cannot read the database, without the password', async () => {
    const wrong = { env: { [passwordVariable]: 'wr0ng-s3cret' } }
    const cases: [run: Promise<{ exitCode: number; stdout: string; stderr: string }>, words: RegExp][] = [
      [convert(withDatabase(), wrong), /database dogwatch@127.0.0.1.*: the user or the password is refused/],
      [convert(['--mysql', withoutPassword().replace('127.0.0.1', 'localhost')], wrong), /--mysql-ca-file/],
      [
        convert(['--mysql', 'mysql://u@127.0.0.1:9/d', '--mysql-tls', 'off'], wrong),
        /database u@127.0.0.1:9\/d: .*ECONNREFUSED/,
      ],
    ]
    for (const [run, words] of cases) {
      const { exitCode, stdout, stderr } = await run
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' })
      expect(stderr)
        .to.match(words)
        .and.not.to.match(/s3cret/)
    }
    await database.run('USE dogwatch', 'RENAME TABLE k8s_pod_crash_notify TO elsewhere')
    try {
      expect((await convert(withDatabase(), { env: env() })).stderr).to.match(/k8s_pod_crash_notify' doesn't exist/)
    } finally {
      await database.run('USE dogwatch', 'RENAME TABLE elsewhere TO k8s_pod_crash_notify')
    }
  })

  describe('on a cluster', () => {
    let world: OperatorWorld

    before(async function () {
      skipUnless(
        this,
        missingForCluster({ kwok: true }).length === 0,
        'the control plane is not built: hack/testbed/testbed build',
      )
      world = await startOperatorWorld()
      await world.operator((await world.operatorAccess()).kubeconfig).working()
    })
    after(async () => world?.stop())

    function shell(command: string, input = ''): string {
      const path = `${dirname(binaryPath(kubectlProgram))}:${process.env.PATH}`
      const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', command], {
        env: { ...process.env, KUBECONFIG: world.cluster.kubeconfigPath, PATH: path },
        input,
        encoding: 'utf8',
      })
      expect({ status, stderr }, command + stdout).to.deep.equal({ status: 0, stderr: '' })
      return stdout
    }

    for (const file of podMonitorConfigs) {
      const name = file.split('/').at(-1)
      it(`is taken by the API server and accepted by the operator: ${name}`, async () => {
        const asked = file === everything ? withDatabase() : []
        const { stdout, stderr } = await runCli(commands, ['convert', 'pod-monitor', file, ...asked], { env: env() })
        shell('kubectl apply --validate=strict -f -', stdout)
        shell('kubectl -n dogwatch-system delete secret pod-monitor --ignore-not-found')
        const [command] = stderr.match(/^ +kubectl .*create secret.*$/m) ?? []
        expect(shell(command ?? 'false')).to.equal('secret/pod-monitor created\n')
        const path = (plural: string) =>
          `/apis/dogwatch.dev/v1alpha1/namespaces/${systemNamespace}/${plural}/pod-monitor`
        for (const plural of ['crashalertroutes', 'alertreceivers']) {
          const conditions = await eventually(`${plural} are judged`, async () => {
            const object = await world.send('GET', path(plural))
            const found: Anything[] = object?.status?.conditions ?? []
            return object?.status?.observedGeneration === object?.metadata.generation && found.length > 0 && found
          })
          expect(
            conditions.find(({ type }) => type === 'Accepted'),
            plural,
          ).to.include({ status: 'True' })
        }
        shell('kubectl delete -f -', stdout)
      })
    }
  })
})
