import type { Command as Commander } from 'commander'
import type { ListObjectsOptions } from '../actions/list-policies.ts'
import type { SwitchPoliciesOptions } from '../actions/switch-policies.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addNamespaceOption, addNamespaceOptions } from '../options/namespace.ts'
import { addWatchOptions, outputFormats, outputOption } from '../options/output.ts'

const examples: readonly Example[] = [
  ['policies list -A', 'what is watched for, whether it works, how much fires'],
  ['policies suspend node-overcommit -n dogwatch-system', 'let one rest'],
  ['policies resume node-overcommit -n dogwatch-system', 'set it to work again'],
]

/** `dogwatch policies`: what is watched for. */
export const policiesCommand: CliCommand = {
  name: 'policies',
  register(program, context) {
    const policies = program.command('policies').description('Show policies, suspend and resume them.')
    addExamples(policies, context, examples)
    registerList(policies, context)
    registerSwitch(policies, context, {
      ...{ verb: 'suspend', isSuspended: true, example: examples[1]! },
      description: 'Let policies rest: nothing of them is judged or told until they are resumed.',
    })
    registerSwitch(policies, context, {
      ...{ verb: 'resume', isSuspended: false, example: examples[2]! },
      description: 'Set suspended policies to work again.',
    })
  },
}

function registerList(policies: Commander, context: Context): void {
  const command = policies
    .command('list')
    .description(
      'Show policies: whether they work, and how many of their alerts are open. What needs somebody comes first.',
    )
    .addOption(outputOption(outputFormats, 'table'))
  addClusterOptions(addNamespaceOptions(addWatchOptions(command))).action(async (options: ListObjectsOptions) => {
    const { listPolicies } = await import('../actions/list-policies.ts')
    await listPolicies(options, context)
  })
  addExamples(command, context, [examples[0]!])
}

interface Switch {
  readonly verb: string
  readonly isSuspended: boolean
  readonly description: string
  readonly example: Example
}

function registerSwitch(
  policies: Commander,
  context: Context,
  { verb, isSuspended, description, example }: Switch,
): void {
  const command = policies
    .command(verb)
    .description(description)
    .argument('<name...>', 'their names; KIND/NAME where policies of several kinds have the name')
  addClusterOptions(addNamespaceOption(command)).action(async (names: string[], options: SwitchPoliciesOptions) => {
    const { switchPolicies } = await import('../actions/switch-policies.ts')
    await switchPolicies(names, isSuspended, { options, context })
  })
  addExamples(command, context, [example])
}
