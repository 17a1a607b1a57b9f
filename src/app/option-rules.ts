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
  const { store, storeUrl, storeUrlFile } = options
  const needing =
    store === 'mysql' ? '--store' : crashHistoryEngine(options) === 'mysql' ? '--crash-history' : undefined
  if (needing === undefined || storeUrl !== undefined || storeUrlFile !== undefined) return
  const advice = 'name the file of its url with --store-url-file, or set DOGWATCH_STORE_URL'
  throw new OperatorError('INVALID_OPTION', `${needing}: "mysql" needs to know where the database is: ${advice}`)
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
