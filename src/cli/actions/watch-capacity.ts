import { OperatorError } from '../../base/errors.ts'
import { buildReport } from '../capacity/build-report.ts'
import type { CapacityQuery } from '../capacity/query.ts'
import type { Context } from '../context.ts'
import { type CapacityOptions, isText } from '../options/capacity.ts'
import { choosePaint } from '../output/color.ts'
import { createScreen } from '../output/screen.ts'
import { withCluster } from '../sources/connect.ts'
import { LiveFacts } from '../sources/live-facts.ts'
import { formatReport } from './show-capacity.ts'

/** Shows the report again whenever it changes, until the context's signal ends it. */
export async function watchCapacity(query: CapacityQuery, options: CapacityOptions, context: Context): Promise<void> {
  if (options.file !== undefined || options.output === 'csv') {
    const wrong = options.file === undefined ? '-o csv' : '--file'
    throw new OperatorError('INVALID_OPTION', `--watch does not go with ${wrong}`)
  }
  const { clock, stdout } = context
  const screen = createScreen(stdout)
  await withCluster({ ...options, requestTimeout: 0 }, context, async (client, signal) => {
    const live = new LiveFacts({ client, signal, nowMs: () => clock.nowMs() }, query, clock)
    try {
      await live.start()
      for (let shown = ''; ; await clock.sleep(options.interval, signal)) {
        if (live.revision === shown) continue
        shown = live.revision
        const text = await formatReport(buildReport(live.facts(), query), options, context)
        screen.show(`${isText(options.output) ? watchHeading(options.interval, context) : ''}${text}`)
      }
    } finally {
      screen.end()
      await live.stop()
    }
  })
}

function watchHeading(intervalMs: number, context: Context): string {
  const time = new Date(context.clock.nowMs()).toISOString().slice(0, 19).replace('T', ' ')
  const heading = `${time} UTC, shown again when it changes, at most every ${intervalMs / 1000} s. Ctrl-C ends.`
  return `${choosePaint(context)('dim', heading)}\n\n`
}
