/** The API's certificate: from two files, which are read again as they change, or made here where none are given. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock, Timer } from '../../base/clock.ts'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { ServingCertificate } from './self-signed.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** Rejects with INVALID_OPTION that says which file and what is wrong with it. */
export async function readCertificate({ certificate, key }: CertificateFiles): Promise<ServingCertificate> {
  try {
    const read = { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
    // TLS itself would take a certificate without its key, and then refuse every connection.
    const isPair = new X509Certificate(read.certificate).checkPrivateKey(createPrivateKey(read.key))
    if (!isPair) throw new Error('the key belongs to another certificate')
    return read
  } catch (cause) {
    const names = `${certificate} and ${key}`
    throw new OperatorError('INVALID_OPTION', `${names} are no certificate and its key: ${errorText(cause)}`)
  }
}

const lookEachMs = 10_000

export interface CertificateWatchOptions {
  readonly files: CertificateFiles
  readonly clock: Clock
  readonly logger: Logger
  readonly onChange: (certificate: ServingCertificate) => void
}

/** Looks at the files now and then: a mounted Secret changes without an event. What cannot be used changes nothing. */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions
  #current: ServingCertificate
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: CertificateWatchOptions, current: ServingCertificate) {
    this.#options = options
    this.#current = current
    this.#lookLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #lookLater(): void {
    if (!this.#isStopped) this.#timer = this.#options.clock.after(lookEachMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { files, logger, onChange } = this.#options
    try {
      const found = await readCertificate(files)
      const isNew = found.certificate !== this.#current.certificate || found.key !== this.#current.key
      if (isNew && !this.#isStopped) {
        this.#current = found
        onChange(found)
        logger.info({ component: 'api' }, 'The certificate was exchanged')
      }
    } catch (error) {
      logger.warn(
        { component: 'api', error: errorText(error) },
        'The certificate cannot be read; the last one is used on',
      )
    }
    this.#lookLater()
  }
}
