/**
 * Writes to a notification log until it is killed: `node log-writing-child.ts OPTIONS FIRST`, the options as JSON. What was
 * acknowledged goes to standard output, a number a line.
 */
import { systemClock } from '../../src/base/clock.ts'
import { MysqlLog } from '../../src/store/mysql/mysql-log.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { acknowledge } from './acknowledge.ts'
import { aDelivery, numbered, ofAlert, ofDelivery } from './log-records.ts'

export interface ChildOptions {
  readonly path?: string
  readonly url?: string
  readonly epoch?: number
}

const writers = 16
const [, , options = '{}', first = '0'] = process.argv
const { path, url, epoch = 1 } = JSON.parse(options) as ChildOptions
const log = path === undefined ? new MysqlLog({ url: () => url ?? '', tls: 'off' }, systemClock) : new SqliteLog(path)

let next = Number(first)
async function write(): Promise<void> {
  for (;;) {
    const n = next
    next += 1
    const record = numbered(n)
    await log.write([ofAlert(record), ofDelivery(aDelivery({ id: `delivery${n}`, alertIds: [record.id] }))], epoch)
    acknowledge(`${n}\n`)
  }
}

await log.takeOver(epoch)
await Promise.all(Array.from({ length: writers }, write))
