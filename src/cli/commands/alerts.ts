import { type Command as Commander, Option } from 'commander'
import { severities } from '../../model/alert.ts'
import type { AcknowledgeOptions } from '../actions/acknowledge-alerts.ts'
import type { ListAlertsOptions } from '../actions/list-alerts.ts'
import type { ShowAlertOptions } from '../actions/show-alert.ts'
import type { WatchAlertsOptions } from '../actions/watch-alerts.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addWatchOptions, intervalOption, outputFormats, outputOption, textFormats } from '../options/output.ts'
import { addServerOptions } from '../options/server.ts'
import { collect, parseLimit } from '../options/values.ts'

const examples: readonly Example[] = [
  ['alerts', 'what fires, the most severe first'],
  ['alerts show 3f9c1a7', 'one alert: since when, who was told, what to do'],
  ['alerts ack 3f9c1a7 --comment "adding a node"', 'you look after it: no reminders until something new happens'],
  ['alerts watch', 'a line for each that begins or ends'],
  ['alerts list --state all --policy dogwatch-system/node-overcommit', 'the history of a policy'],
]

/** `dogwatch alerts`: what fires and what fired, as the operator knows it. */
export const alertsCommand: CliCommand = {
  name: 'alerts',
  register(program, context) {
    const alerts = program.command('alerts').description('Show alerts, and take care of them.')
    addExamples(alerts, context, examples)
    registerList(alerts, context)
    registerShow(alerts, context)
    registerWatch(alerts, context)
    registerAcknowledge(alerts, context)
  },
}

function addFilters(command: Commander): Commander {
  return command
    .optionsGroup('Which alerts:')
    .option('-n, --namespace <name>', 'about objects of this namespace')
    .addOption(new Option('--severity <severity>', 'of this severity').choices(severities))
    .option('--policy <namespace/name>', 'of this policy')
    .option('-l, --label <name=value>', 'with this label; can be repeated', collect)
}

function registerList(alerts: Commander, context: Context): void {
  const command = alerts
    .command('list', { isDefault: true })
    .summary('Show what fires, the most severe first (also without `list`).')
    .description(
      'Show what fires, the most severe first. Only alerts of policies that you may get are shown. The beginning of an ID is enough for show and ack.',
    )
  addFilters(command)
    .addOption(
      new Option('--state <state>', 'those that fire, the history, or both')
        .choices(['firing', 'ended', 'all'])
        .default('firing'),
    )
    .addOption(new Option('--limit <number>', 'at most so many').argParser(parseLimit).default(100))
    .optionsGroup('What is shown:')
    .addOption(outputOption(outputFormats, 'table'))
  addServerOptions(addWatchOptions(command)).action(async (options: ListAlertsOptions) => {
    const { listAlerts } = await import('../actions/list-alerts.ts')
    await listAlerts(options, context)
  })
  addExamples(command, context, [
    ['alerts -n payments', 'what fires in a namespace'],
    ['alerts --state ended --limit 20', 'what was over last'],
    ["alerts -o json | jq -r '.items[].id'", 'whole ids'],
  ])
}

function registerShow(alerts: Commander, context: Context): void {
  const command = alerts
    .command('show')
    .description('Show one alert: what it is, since when, who was told by which channel, what to do next.')
    .argument('<id>', 'its id, or the beginning of it')
    .addOption(outputOption(textFormats, 'text'))
  addServerOptions(command).action(async (id: string, options: ShowAlertOptions) => {
    const { showAlert } = await import('../actions/show-alert.ts')
    await showAlert(id, options, context)
  })
  addExamples(command, context, [['alerts show 3f9c1a7', 'with the beginning of the id that `alerts` shows']])
}

function registerWatch(alerts: Commander, context: Context): void {
  const command = alerts
    .command('watch')
    .summary('Go on showing a line for each alert that begins, is taken or ends.')
    .description(
      'Show a line for each alert that fires, then one for each that begins, is taken or ends, until Ctrl-C. `alerts list --watch` shows the table instead.',
    )
  addFilters(command)
    .optionsGroup('What is shown:')
    .addOption(outputOption(['text', 'json'], 'text'))
    .addOption(intervalOption())
  addServerOptions(command).action(async (options: WatchAlertsOptions) => {
    const { watchAlerts } = await import('../actions/watch-alerts.ts')
    await watchAlerts(options, context)
  })
  addExamples(command, context, [['alerts watch --severity critical', 'the worst alone']])
}

function registerAcknowledge(alerts: Commander, context: Context): void {
  const command = alerts
    .command('ack')
    .summary('Say that you look after alerts.')
    .description(
      'Say that you look after alerts: nobody is reminded of them until something new happens. It needs the right to update the policy.',
    )
    .argument('<id...>', 'their ids, or the beginnings of them')
    .option('--comment <text>', 'for those who look next')
  addServerOptions(command).action(async (ids: string[], options: AcknowledgeOptions) => {
    const { acknowledgeAlerts } = await import('../actions/acknowledge-alerts.ts')
    await acknowledgeAlerts(ids, options, context)
  })
  addExamples(command, context, [['alerts ack 3f9c1a7 --comment "adding a node"', 'with a word for the others']])
}
