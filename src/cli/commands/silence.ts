import type { Command as Commander } from 'commander'
import { defaultSystemNamespace } from '../../api/kind.ts'
import type { AddSilenceOptions } from '../actions/add-silence.ts'
import type { ExpireSilencesOptions } from '../actions/expire-silences.ts'
import type { ListSilencesOptions } from '../actions/list-silences.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addNamespaceOption, addNamespaceOptions } from '../options/namespace.ts'
import { addWatchOptions, outputFormats, outputOption, textFormats } from '../options/output.ts'

const addExample: Example = [
  `silence add namespace=dev 'pod=~load-.*' --for 2h --comment "load test" -n dev`,
  'a part of a namespace, for two hours',
]
const examples: readonly Example[] = [
  addExample,
  ['silence list -A', 'what is silenced, how much it mutes, and when it ends'],
  ['silence expire silence-b7x2kd -n dev', 'end one now'],
]

/** `dogwatch silence`: alerts that are not told for a time. */
export const silenceCommand: CliCommand = {
  name: 'silence',
  register(program, context) {
    const silence = program.command('silence').description('Keep alerts quiet for a time.')
    addExamples(silence, context, examples)
    registerAdd(silence, context)
    registerList(silence, context)
    registerExpire(silence, context)
  },
}

function registerAdd(silence: Commander, context: Context): void {
  const command = silence
    .command('add')
    .summary('Keep alerts with these labels quiet for a time.')
    .description(
      'Keep alerts quiet that match all of these: label=value, or label=~pattern (RE2, for the whole value). Outside of the ' +
        "operator's own namespace a silence counts for alerts about its own namespace alone. What still fires at its end is told then.",
    )
    .argument('<matcher...>', "label=value or label=~pattern, such as namespace=dev 'pod=~load-.*'")
    .option('--for <duration>', 'how long: 45m, 2h, 3d')
    .option('--until <time>', 'until when: 22:00, "2026-12-01 22:00", or RFC 3339')
    .option('--from <time>', 'when it begins, as --until, or 2h from now (default: now)')
    .option('--comment <text>', 'why, for whoever wonders why nothing was told')
    .option('--name <name>', 'its name (default: made up)')
    .addOption(outputOption(textFormats, 'text'))
  addNamespaceOption(command).option(
    '--system-namespace <name>',
    "the operator's own namespace, whose silences count everywhere",
    defaultSystemNamespace,
  )
  addClusterOptions(command).action(async (matchers: string[], options: AddSilenceOptions) => {
    const [{ addSilence }, { parseMatcher }] = await Promise.all([
      import('../actions/add-silence.ts'),
      import('../silence/matcher-text.ts'),
    ])
    await addSilence(matchers.map(parseMatcher), options, context)
  })
  addExamples(command, context, [
    addExample,
    [
      'silence add severity=warning --from 20:00 --until 22:00 --comment upgrade -n dogwatch-system',
      'every warning of the cluster, this evening',
    ],
  ])
}

function registerList(silence: Commander, context: Context): void {
  const command = silence
    .command('list')
    .summary('Show what is silenced, how many alerts it mutes, and when it ends.')
    .description(
      'Show what is silenced, how many open alerts it mutes, and when it ends. Times are those of your clock. MUTED is counted each half minute.',
    )
    .option('--expired', 'also those that are over')
    .addOption(outputOption(outputFormats, 'table'))
  addClusterOptions(addNamespaceOptions(addWatchOptions(command))).action(async (options: ListSilencesOptions) => {
    const { listSilences } = await import('../actions/list-silences.ts')
    await listSilences(options, context)
  })
  addExamples(command, context, [
    ['silence list -A --expired', 'all of the cluster, also those that are over'],
    ["silence list -A -o json | jq '.items[] | select(.muted == 0)'", 'silences that mute nothing'],
  ])
}

function registerExpire(silence: Commander, context: Context): void {
  const command = silence
    .command('expire')
    .summary('End silences now.')
    .description('End silences now: what they kept quiet and still fires is told at once. They stay as a record.')
    .argument('<name...>', 'their names')
  addClusterOptions(addNamespaceOption(command)).action(async (names: string[], options: ExpireSilencesOptions) => {
    const { expireSilences } = await import('../actions/expire-silences.ts')
    await expireSilences(names, options, context)
  })
  addExamples(command, context, [['silence expire silence-b7x2kd -n dev', 'one, by its name in `silence list`']])
}
