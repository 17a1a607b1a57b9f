/**
 * Takes crashes to their history until it is killed: `node crash-shipping-child.ts FOLDER FIRST COUNT`. What is in the outbox goes to
 * standard output, a number a line; then it waits until all is in the history and says `done`.
 */
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { noMetrics } from '../../src/base/metrics.ts'
import { CrashShipper } from '../../src/store/crash-shipper.ts'
import { createCrashShipperMetrics } from '../../src/store/crash-shipper-metrics.ts'
import type { LogEntry, WriteResult } from '../../src/store/notification-log.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { StoreThread } from '../../src/store/sqlite/store-thread.ts'
import { acknowledge } from './acknowledge.ts'
import { logOf, numberedCrash } from './crash-records.ts'

const [, , folder = '', first = '0', count = '0'] = process.argv
const thread = new StoreThread()
const log = new SqliteLog(join(folder, 'notifications.db'), thread)
const history = new SqliteCrashHistory(join(folder, 'crashes.db'), thread)

async function write(entries: readonly LogEntry[]): Promise<WriteResult> {
  await log.write(entries, 1)
  return 'written'
}

const shipper = new CrashShipper({
  ...{ log, history, clock: systemClock, logger: silentLogger, mostOutboxBytes: 1e9 },
  outbox: {
    postOutbox: (entries) => write(entries.map(({ id, value }) => ({ type: 'outbox', id, value }))),
    endOutbox: (ids) => write(ids.map((id) => ({ type: 'outboxEnd', id }))),
  },
  metrics: createCrashShipperMetrics(noMetrics),
  onProblem: () => undefined,
})

await log.takeOver(1)
shipper.lead()
for (let n = Number(first); n < Number(first) + Number(count); n += 1) {
  shipper.put(numberedCrash(n, { log: logOf(`the log of crash ${n}\n`.repeat(100)) }))
  await log.write([], 1)
  acknowledge(`${n}\n`)
}
await shipper.drained()
acknowledge('done\n')
await history.close()
await log.close()
