/** What the operator remembers, as its options want it: opened, kept within bounds, closed. */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { errorText } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { CrashHistory, ToldRestarts } from '../store/crash-history.ts'
import type { NotificationLog } from '../store/notification-log.ts'
import { type CrashHistoryOptions, openCrashHistory } from '../store/open-crash-history.ts'
import { openNotificationLog } from '../store/open-notification-log.ts'
import type { StoreThread } from '../store/sqlite/store-thread.ts'
import { elasticsearchSettings } from './elasticsearch-settings.ts'
import { HistoryKeeper } from './history-keeper.ts'
import { crashHistorySettings, notificationLogOptions } from './notification-store.ts'
import { crashHistoryEngine } from './option-rules.ts'
import type { OperatorOptions } from './options.ts'

export interface Stores {
  readonly log: NotificationLog
  readonly crashes: CrashHistory
  close(): Promise<void>
}

/** Rejects with INVALID_OPTION where one of them cannot be used. */
export async function openStores(options: OperatorOptions, clock: Clock): Promise<Stores> {
  const thread = await sharedThread(options)
  const log = await openNotificationLog(notificationLogOptions(options, clock, thread))
  const crashes = await openCrashHistory(crashHistoryOptions(options, clock, thread))
  return {
    ...{ log, crashes },
    close: async () => {
      await crashes.close()
      await log.close()
    },
  }
}

/** Two databases in files are on one thread; an operator without any does without its memory. */
async function sharedThread(options: OperatorOptions): Promise<StoreThread | undefined> {
  if (options.store !== 'sqlite' && crashHistoryEngine(options) !== 'sqlite') return undefined
  const { StoreThread } = await import('../store/sqlite/store-thread.ts')
  return new StoreThread()
}

function crashHistoryOptions(
  options: OperatorOptions,
  clock: Clock,
  thread: StoreThread | undefined,
): CrashHistoryOptions {
  const { dataDir, clusterName } = options
  switch (crashHistoryEngine(options)) {
    case 'sqlite':
      return { engine: 'sqlite', folder: join(dataDir, 'store'), ...(thread === undefined ? {} : { thread }) }
    case 'elasticsearch':
      return { engine: 'elasticsearch', settings: elasticsearchSettings(options), clock }
    case 'mysql': {
      const cluster = clusterName === undefined ? {} : { cluster: clusterName }
      const withPodMonitorTables = options.crashHistoryPodMonitorTables
      return { engine: 'mysql', settings: crashHistorySettings(options), clock, withPodMonitorTables, ...cluster }
    }
  }
}

/** Where it cannot be known, a first look tells of it again. */
export async function readToldRestarts({ crashes }: Stores, logger: Logger): Promise<readonly ToldRestarts[]> {
  try {
    return (await crashes.toldRestarts?.()) ?? []
  } catch (error) {
    logger.warn({ component: 'store', error: errorText(error) }, 'What kubernetes-pod-monitor told cannot be read')
    return []
  }
}

export interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
  /** Whether it is up to this process, at this moment. */
  readonly mayAct: () => boolean
}

/** Removes now and then what the options do not keep, until it is stopped. */
export function keepWithinBounds(options: OperatorOptions, stores: Stores, surroundings: Surroundings) {
  const alerts = { maxAgeMs: options.historyMaxAgeMs, maxBytes: options.historyMaxBytes }
  const crashes = { maxAgeMs: options.crashHistoryMaxAgeMs, maxBytes: options.crashHistoryMaxBytes }
  const keepers = [
    new HistoryKeeper({ ...surroundings, name: 'alerts and deliveries', store: stores.log, retention: alerts }),
    new HistoryKeeper({ ...surroundings, name: 'crashes', store: stores.crashes, retention: crashes }),
  ]
  return {
    stop: () => {
      for (const keeper of keepers) keeper.stop()
    },
  }
}
