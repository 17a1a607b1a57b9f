import { type Command as Commander, InvalidArgumentError, Option } from 'commander'
import { defaultSystemNamespace } from '../../api/kind.ts'
import { type CrashReason, crashReasonNames } from '../../model/crash.ts'
import type { EditRouteOptions } from '../actions/edit-route.ts'
import type { ExplainRouteOptions } from '../actions/explain-route.ts'
import type { ListRoutesOptions } from '../actions/list-routes.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addNamespaceOption, addNamespaceOptions } from '../options/namespace.ts'
import { addWatchOptions, outputFormats, outputOption, textFormats } from '../options/output.ts'
import type { MuteRequest } from '../routes/edits.ts'

const listExample: Example = ['routes list -A', 'whose crashes go where']
const channelExample: Example = [
  "routes set-channel payments '#payments-oncall' -n dogwatch-system",
  'the crashes of one namespace into the channel of its team',
]
const muteExample: Example = [
  "routes mute dev --pod 'load-*' --exit-code 143 -n dogwatch-system",
  'what is killed when a load test ends',
]
const explainExample: Example = ['routes explain api-0 -n payments', 'where a crash of this pod would go, and why']

/** `dogwatch routes`: whom crashes are told. */
export const routesCommand: CliCommand = {
  name: 'routes',
  register(program, context) {
    const routes = program
      .command('routes')
      .description('Show and change whom crashes are told: the lines of CrashAlertRoutes.')
    addExamples(routes, context, [listExample, channelExample, explainExample])
    registerList(routes, context)
    registerSetChannel(routes, context)
    registerMute(routes, context)
    registerUnmute(routes, context)
    registerRemove(routes, context)
    registerExplain(routes, context)
  },
}

function registerList(routes: Commander, context: Context): void {
  const command = routes
    .command('list')
    .summary('Show whose crashes go where.')
    .description(
      'Show whose crashes go where, in the order in which lines are tried: the first one that matches the namespace counts.',
    )
    .option('--muted', 'show what is kept untold instead')
    .addOption(outputOption(outputFormats, 'table'))
  addClusterOptions(addNamespaceOptions(addWatchOptions(command))).action(async (options: ListRoutesOptions) => {
    const { listRoutes } = await import('../actions/list-routes.ts')
    await listRoutes(options, context)
  })
  addExamples(command, context, [listExample, ['routes list -A --muted', 'what is kept untold']])
}

interface SetChannelOptions extends EditRouteOptions {
  readonly receiver?: string
  readonly systemNamespace: string
}

function registerSetChannel(routes: Commander, context: Context): void {
  const command = routes
    .command('set-channel')
    .summary("Send a namespace's crashes to a Slack channel.")
    .description(
      "Send a namespace's crashes to a Slack channel: changes the line of that namespace, and moves it before those that count for " +
        'it too; or puts a new one before all others. Where its crashes go besides, by mail for example, stays; with --receiver ' +
        'they go by that one alone.',
    )
    .argument('<namespace>', 'whose crashes')
    .argument('<channel>', 'as #name, or the id that Slack shows')
    .option(
      '--receiver <name>',
      'the AlertReceiver to send by, and by no other, NAME or NAMESPACE/NAME (default: as now)',
    )
  addSystemNamespaceOption(command)
  addEditOptions(command).action(async (namespace: string, channel: string, options: SetChannelOptions) => {
    const [{ editRoute }, { setChannel }] = await Promise.all([
      import('../actions/edit-route.ts'),
      import('../routes/channel-line.ts'),
    ])
    const { receiver, systemNamespace } = options
    const request = { namespace, channel, systemNamespace, ...(receiver === undefined ? {} : { receiver }) }
    await editRoute((route, place) => setChannel(route, request, place), { options, context })
  })
  addExamples(command, context, [
    channelExample,
    ["routes set-channel payments '#payments' -n dogwatch-system --dry-run", 'what it would change'],
  ])
}

interface MuteOptions extends EditRouteOptions {
  readonly container?: string
  readonly pod?: string
  readonly reason?: CrashReason
  readonly exitCode?: readonly number[]
}

function registerMute(routes: Commander, context: Context): void {
  const command = routes
    .command('mute')
    .summary('Keep crashes untold.')
    .description(
      'Keep crashes untold, until they are unmuted: all that is said has to hold. They are kept in the history. For a time only: silence add.',
    )
  addMuteOptions(command).action(async (namespace: string, options: MuteOptions) => {
    const [{ editRoute }, { mute }] = await loadEdits()
    await editRoute(({ spec }) => mute(spec, requestOf(namespace, options)), { options, context })
  })
  addExamples(command, context, [muteExample, ['routes mute dev -n dogwatch-system', 'a whole namespace']])
}

function registerUnmute(routes: Commander, context: Context): void {
  const command = routes
    .command('unmute')
    .summary('Tell crashes again.')
    .description('Tell crashes again: say an entry as routes list --muted shows it, and leave out what is any there.')
  addMuteOptions(command).action(async (namespace: string, options: MuteOptions) => {
    const [{ editRoute }, { unmute }] = await loadEdits()
    await editRoute(({ spec }) => unmute(spec, requestOf(namespace, options)), { options, context })
  })
  addExamples(command, context, [
    ['routes unmute dev -n dogwatch-system', 'a whole namespace'],
    ["routes unmute '*' --pod 'load-*' --exit-code 143 -n dogwatch-system", 'what is muted in every namespace'],
  ])
}

function registerRemove(routes: Commander, context: Context): void {
  const command = routes
    .command('remove')
    .description('Remove a line: its crashes go where the next line that matches says.')
    .argument('<line>', 'its name, as routes list shows it')
  addEditOptions(command).action(async (line: string, options: EditRouteOptions) => {
    const [{ editRoute }, { removeLine }] = await loadEdits()
    await editRoute(({ spec }) => removeLine(spec, line), { options, context })
  })
  addExamples(command, context, [['routes remove payments -n dogwatch-system', 'the line called payments']])
}

function registerExplain(routes: Commander, context: Context): void {
  const command = routes
    .command('explain')
    .summary('Show where an alert of a pod would go, and by which line.')
    .description(
      'Show where an alert of a pod would go by each CrashAlertRoute, and by which of its lines; why it would not be told, and which ' +
        'silences mute it now. Asks about the last crash of the pod; about one with Error where there was none.',
    )
    .argument('<pod>', 'its name')
    .option('--container <name>', 'a crash of this container')
    .addOption(new Option('--reason <reason>', 'a crash for this reason').choices(crashReasonNames))
    .option('--exit-code <code>', 'a crash with this exit code', parseExitCode)
    .option('--cluster-name <name>', "the operator's own, by which silences with cluster=NAME are judged")
    .addOption(outputOption(textFormats, 'text'))
  addSystemNamespaceOption(addNamespaceOption(command))
  addClusterOptions(command).action(async (pod: string, options: ExplainRouteOptions) => {
    const { explainRoute } = await import('../actions/explain-route.ts')
    await explainRoute(pod, options, context)
  })
  addExamples(command, context, [
    explainExample,
    ['routes explain api-0 -n payments --reason OOMKilled', 'were it for want of memory'],
  ])
}

function loadEdits() {
  return Promise.all([import('../actions/edit-route.ts'), import('../routes/edits.ts')])
}

function addMuteOptions(command: Commander): Commander {
  command
    .argument('<namespace>', 'whose crashes; * stands for any characters')
    .option('--container <name>', 'of this container; * stands for any characters')
    .option('--pod <name>', 'of these pods; * stands for any characters')
    .addOption(new Option('--reason <reason>', 'for this reason').choices(crashReasonNames))
    .option('--exit-code <code>', 'with this exit code; can be repeated', collectExitCodes)
  return addEditOptions(command)
}

function addEditOptions(command: Commander): Commander {
  command
    .option('--route <name>', 'the CrashAlertRoute to change (default: the only one of the namespace)')
    .option('--dry-run', 'show what would change, have the API server check it, and change nothing')
  return addClusterOptions(addNamespaceOption(command))
}

function addSystemNamespaceOption(command: Commander): Commander {
  return command.option(
    '--system-namespace <name>',
    "the operator's own namespace, whose routes see the whole cluster",
    defaultSystemNamespace,
  )
}

function requestOf(namespace: string, { container, pod, reason, exitCode }: MuteOptions): MuteRequest {
  return {
    namespace,
    ...(container === undefined ? {} : { container }),
    ...(pod === undefined ? {} : { pod }),
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === undefined ? {} : { exitCodes: exitCode }),
  }
}

function collectExitCodes(text: string, earlier: readonly number[] = []): number[] {
  return [...new Set([...earlier, parseExitCode(text)])]
}

function parseExitCode(text: string): number {
  const code = Number(text)
  if (text !== '' && Number.isInteger(code) && code >= 0 && code <= 255) return code
  throw new InvalidArgumentError('Write a number from 0 to 255.')
}
