import { expect } from 'chai'
import { operatorOptions, resolveOptions } from '../../src/app/options.ts'
import { hasCode } from '../../src/base/errors.ts'

describe('operator options', () => {
  it('come from the flag, else from the environment, else from the default', () => {
    const env = { DOGWATCH_LOG_LEVEL: 'debug', POD_NAMESPACE: 'ops', DOGWATCH_LISTEN: ':9090' }
    const options = resolveOptions({ logLevel: 'warn' }, env)
    expect(options).to.deep.include({ logLevel: 'warn', namespace: 'ops', leaseDurationMs: 15_000, lease: true })
    expect(options.listen).to.deep.equal({ host: undefined, port: 9090 })
    expect(options.watchNamespace).to.equal(undefined)
  })

  it('take the switch from the flag, and from the environment only where the flag is absent', () => {
    expect(resolveOptions({ lease: false }, {}).lease).to.equal(false)
    expect(resolveOptions({ lease: true }, { DOGWATCH_LEASE: 'false' }).lease).to.equal(false)
  })

  it('prefer their own variable to the one that a pod sets', () => {
    expect(resolveOptions({}, { DOGWATCH_NAMESPACE: 'a', POD_NAMESPACE: 'b' }).namespace).to.equal('a')
  })

  const wrong = [
    { raw: { namespace: 'No_Good' }, says: '--namespace: "No_Good" is no name of a namespace' },
    { raw: { logLevel: 'loud' }, says: '--log-level: "loud" is no log level; use one of' },
    { raw: { listen: '8080' }, says: '--listen: "8080" is no address; use host:port' },
    { raw: { listen: 'a:99999' }, says: 'is no address' },
    { raw: { leaseDurationMs: '1s' }, says: '--lease-duration: "1s" is outside 2s to 5m' },
    { raw: { leaseDurationMs: 'soon' }, says: '--lease-duration: "soon"' },
    { raw: { clusterName: 'a\nb' }, says: '--cluster-name' },
    { raw: { store: 'postgres' }, says: '--store: "postgres" is not known; use one of sqlite, mysql' },
    { raw: { replicas: '3' }, says: '--replicas: 3 need a log that all of them reach: use --store mysql' },
    { raw: { replicas: '0' }, says: '--replicas: "0" is no number of replicas from 1 to 9' },
    { raw: { store: 'mysql' }, says: '--store: "mysql" needs to know where the database is' },
    {
      raw: { crashHistory: 'mysql' },
      says: '--crash-history: "mysql" needs to know where the database is: name the file of its url with --crash-history-url-file',
    },
    {
      raw: { crashHistoryPodMonitorTables: true, clusterName: 'prod' },
      says: '--crash-history-pod-monitor-tables: they are in MySQL: use --crash-history mysql',
    },
    {
      raw: { crashHistoryPodMonitorTables: true, crashHistory: 'mysql', crashHistoryUrlFile: 'url' },
      says: '--crash-history-pod-monitor-tables: they hold several clusters: say which with --cluster-name',
    },
    { raw: { storeTls: 'maybe' }, says: '--store-tls: "maybe" is not known; use one of verify, off' },
    { raw: { historyMaxAgeMs: '1s' }, says: '--history-max-age: "1s" is less than 1m' },
    { raw: { historyMaxBytes: '1.5Gi' }, says: '--history-max-bytes: "1.5Gi" is no size' },
    { raw: { historyMaxBytes: '12' }, says: '--history-max-bytes: "12" is less than 1Mi' },
  ]
  for (const { raw, says } of wrong) {
    it(`refuse ${JSON.stringify(raw)}`, () => {
      const attempt = () => resolveOptions(raw, {})
      expect(attempt).to.throw(says)
      try {
        attempt()
      } catch (error) {
        expect(hasCode(error, 'INVALID_OPTION')).to.equal(true)
      }
    })
  }

  it('name the variable when the value came from there', () => {
    expect(() => resolveOptions({}, { DOGWATCH_LEASE: 'maybe' })).to.throw(
      'DOGWATCH_LEASE: "maybe" is neither true nor false',
    )
  })

  it('read sizes and ages as people write them', () => {
    const options = resolveOptions({ historyMaxAgeMs: '2d', historyMaxBytes: '1Gi' }, {})
    expect(options).to.include({ historyMaxAgeMs: 172_800_000, historyMaxBytes: 1_073_741_824, store: 'sqlite' })
  })

  it('take the url of the store from no flag, and show nothing of a wrong one', () => {
    expect(operatorOptions.storeUrl.flags).to.equal(undefined)
    const wrong = 'mysql://dogwatch:s3cret@/'
    const attempt = () => resolveOptions({ store: 'mysql' }, { DOGWATCH_STORE_URL: wrong })
    expect(attempt)
      .to.throw('DOGWATCH_STORE_URL: the url of the MySQL store cannot be used')
      .not.to.match(/s3cret/)
    const url = 'mysql://dogwatch:s3cret@db.example/alerts'
    expect(resolveOptions({ store: 'mysql' }, { DOGWATCH_STORE_URL: url }).storeUrl).to.equal(url)
  })

  it('have a variable of their own for every flag', () => {
    for (const { env } of Object.values(operatorOptions)) expect(env[0]).to.match(/^DOGWATCH_[A-Z_]+$/)
  })
})
