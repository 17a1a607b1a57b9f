import { OperatorError } from '../../base/errors.ts'
import { buildReport } from '../capacity/build-report.ts'
import type { CapacityQuery } from '../capacity/query.ts'
import type { Context } from '../context.ts'
import type { CapacityOptions } from '../options/capacity.ts'
import { isText } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'
import { createScreen, type Screen } from '../output/screen.ts'
import { withCluster } from '../sources/connect.ts'
import { LiveFacts } from '../sources/live-facts.ts'
import { formatReport } from './show-capacity.ts'

/** Shows the report again whenever it changes, until the context's signal ends it. */
export async function watchCapacity(query: CapacityQuery, options: CapacityOptions, context: Context): Promise<void> {
  if (options.file !== undefined || options.output === 'csv') {
    const wrong = options.file === undefined ? '-o csv' : '--file'
    throw new OperatorError('INVALID_OPTION', `--watch does not go with ${wrong}`)
  }
  const screen = createScreen(context.stdout, options.output)
  try {
    await withCluster({ ...options, requestTimeout: 0 }, context, (client, signal) => {
      const live = new LiveFacts({ client, signal, nowMs: () => context.clock.nowMs() }, query, context.clock)
      return showChanges(live, screen, { query, options, context }).finally(() => live.stop())
    })
  } catch (error) {
    if (!context.signal.aborted) throw error
  } finally {
    screen.end()
  }
}

interface Watch {
  readonly query: CapacityQuery
  readonly options: CapacityOptions
  readonly context: Context
}

/** Until the signal of the context ends the sleep. */
async function showChanges(live: LiveFacts, screen: Screen, { query, options, context }: Watch): Promise<void> {
  if (context.stdout.isTerminal) screen.show('Reading the cluster ...')
  await live.start()
  for (let shown = ''; ; await context.clock.sleep(options.interval, context.signal)) {
    if (live.revision === shown) continue
    shown = live.revision
    const text = await formatReport(buildReport(live.facts(), query), options, context)
    screen.show(`${isText(options.output) ? watchHeading(context) : ''}${text}`)
  }
}

function watchHeading(context: Context): string {
  const time = new Date(context.clock.nowMs()).toISOString().slice(0, 19).replace('T', ' ')
  const heading = `${time} UTC. Shown again when it changes; Ctrl-C ends.`
  return `${choosePaint(context)('dim', heading)}\n\n`
}
