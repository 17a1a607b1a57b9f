/** The crash history that the options name. Its engine is loaded when it is wanted, and opened when it is first used. */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { CrashHistory } from './crash-history.ts'
import type { ElasticsearchSettings } from './elasticsearch/connection-settings.ts'
import type { MysqlSettings } from './mysql/connection-settings.ts'
import type { StoreThread } from './sqlite/store-thread.ts'

export const crashHistoryEngines = ['sqlite', 'elasticsearch', 'mysql'] as const
export type CrashHistoryEngine = (typeof crashHistoryEngines)[number]

export type CrashHistoryOptions =
  /** `folder`: where embedded databases lie; `thread`: what others of them are on. */
  | { readonly engine: 'sqlite'; readonly folder: string; readonly thread?: StoreThread }
  | { readonly engine: 'elasticsearch'; readonly settings: ElasticsearchSettings; readonly clock: Clock }
  /** `cluster`: the operator's own; it sees the crashes of this one alone. */
  | {
      readonly engine: 'mysql'
      readonly settings: MysqlSettings
      readonly clock: Clock
      readonly cluster?: string
      readonly withPodMonitorTables?: boolean
    }

export async function openCrashHistory(options: CrashHistoryOptions): Promise<CrashHistory> {
  switch (options.engine) {
    case 'sqlite': {
      const { SqliteCrashHistory } = await import('./sqlite/sqlite-crash-history.ts')
      return new SqliteCrashHistory(join(options.folder, 'crashes.db'), options.thread)
    }
    case 'elasticsearch': {
      const { ElasticsearchHistory } = await import('./elasticsearch/elasticsearch-history.ts')
      return new ElasticsearchHistory(options.settings, options.clock)
    }
    case 'mysql': {
      const { MysqlCrashHistory } = await import('./mysql/crashes/mysql-crash-history.ts')
      return new MysqlCrashHistory(options)
    }
  }
}
