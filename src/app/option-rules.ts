/** How options must fit together. Each throws INVALID_OPTION with what to change. */
import { OperatorError } from '../base/errors.ts'
import type { CertificateFiles } from '../http/tls/certificate-files.ts'
import type { CrashHistoryEngine } from '../store/open-crash-history.ts'
import type { OperatorOptions } from './options.ts'

/** Replicas share what was told and what crashed; a file on one node's disk they cannot share. */
export function requireSharedStore(options: OperatorOptions): void {
  const { replicas, store, lease } = options
  if (replicas === 1) return
  const refuse = (advice: string) => new OperatorError('INVALID_OPTION', `--replicas: ${replicas} ${advice}`)
  if (store !== 'mysql') throw refuse(`need a log that all of them reach: use --store mysql, or one replica`)
  if (crashHistoryEngine(options) === 'sqlite')
    throw refuse(`need a crash history that all of them reach: use another --crash-history than sqlite`)
  if (!lease) throw refuse('need the Lease to choose the one that tells: leave out --no-lease')
}

export function requireStoreUrl(options: OperatorOptions): void {
  const { store, storeUrl, storeUrlFile, crashHistoryUrlFile } = options
  if (storeUrl !== undefined || storeUrlFile !== undefined) return
  const refuse = (flag: string, files: string) => {
    const advice = `name the file of its url with ${files}, or set DOGWATCH_STORE_URL`
    return new OperatorError('INVALID_OPTION', `${flag}: "mysql" needs to know where the database is: ${advice}`)
  }
  if (store === 'mysql') throw refuse('--store', '--store-url-file')
  if (crashHistoryEngine(options) === 'mysql' && crashHistoryUrlFile === undefined)
    throw refuse('--crash-history', '--crash-history-url-file')
}

/** The tables of kubernetes-pod-monitor are in MySQL, and hold several clusters. */
export function requirePodMonitorCluster(options: OperatorOptions): void {
  if (!options.crashHistoryPodMonitorTables) return
  const refuse = (advice: string) =>
    new OperatorError('INVALID_OPTION', `--crash-history-pod-monitor-tables: ${advice}`)
  if (crashHistoryEngine(options) !== 'mysql') throw refuse('they are in MySQL: use --crash-history mysql')
  if (options.clusterName === undefined) throw refuse('they hold several clusters: say which with --cluster-name')
}

export function crashHistoryEngine({ crashHistory, store }: OperatorOptions): CrashHistoryEngine {
  return crashHistory ?? store
}

/** Undefined: none are given. Throws INVALID_OPTION where one is given without the other. */
export function certificateFiles({ apiCertificate, apiKey }: OperatorOptions): CertificateFiles | undefined {
  if (apiCertificate !== undefined && apiKey !== undefined) return { certificate: apiCertificate, key: apiKey }
  if (apiCertificate === undefined && apiKey === undefined) return undefined
  throw new OperatorError('INVALID_OPTION', '--api-certificate and --api-key belong together: give both, or none')
}
