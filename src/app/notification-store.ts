/** From the operator's options to the notification log, and the keeping of its history within bounds. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type MysqlSettings, readMysqlUrl } from '../store/mysql/connection-settings.ts'
import type { NotificationLog, Retention } from '../store/notification-log.ts'
import type { NotificationLogOptions } from '../store/open-notification-log.ts'
import type { OperatorOptions } from './options.ts'

/** Throws INVALID_OPTION where the url of the store cannot be read or used. */
export function notificationLogOptions(options: OperatorOptions, clock: Clock): NotificationLogOptions {
  if (options.store === 'sqlite') return { engine: 'sqlite', folder: join(options.dataDir, 'store') }
  const settings = mysqlSettings(options)
  readMysqlUrl(settings)
  return { engine: 'mysql', settings, clock }
}

/** The file is read at each use, so that a password can change. */
function mysqlSettings({ storeUrl = '', storeUrlFile, storeTls, storeCaFile }: OperatorOptions): MysqlSettings {
  return {
    url: storeUrlFile === undefined ? () => storeUrl : () => readUrl(storeUrlFile),
    tls: storeTls,
    ...(storeCaFile === undefined ? {} : { caFile: storeCaFile }),
  }
}

function readUrl(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OperatorError('INVALID_OPTION', `--store-url-file: ${errorText(cause)}`)
  }
}

export interface HistoryKeeperOptions {
  readonly log: NotificationLog
  readonly retention: Retention
  readonly clock: Clock
  readonly logger: Logger
  /** Whether it is up to this process, at this moment. */
  readonly mayAct: () => boolean
}

const everyMs = 5 * 60_000

/** Removes now and then what retention does not keep. */
export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: HistoryKeeperOptions) {
    this.#options = options
    this.#wait()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #wait(): void {
    if (!this.#isStopped) this.#timer = this.#options.clock.after(everyMs, () => void this.#prune())
  }

  async #prune(): Promise<void> {
    const { log, retention, clock, logger, mayAct } = this.#options
    try {
      const removed = mayAct() ? await log.prune(retention, clock.nowMs()) : 0
      if (removed > 0)
        logger.info({ component: 'store', removed }, 'Old alerts and deliveries were removed from history')
    } catch (error) {
      logger.warn(
        { component: 'store', error: errorText(error) },
        'Old history could not be removed; it is tried again',
      )
    }
    this.#wait()
  }
}
