import type { ListObjectsOptions } from '../actions/list-policies.ts'
import type { TestReceiverOptions } from '../actions/test-receiver.ts'
import type { CliCommand } from '../command.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addNamespaceOption, addNamespaceOptions } from '../options/namespace.ts'
import { addWatchOptions, outputFormats, outputOption } from '../options/output.ts'
import { addServerOptions } from '../options/server.ts'

const examples: readonly Example[] = [
  ['receivers list -A', 'where alerts can go, and whether they arrive'],
  ['receivers test oncall -n dogwatch-system', 'send a test message'],
]

/** `dogwatch receivers`: where alerts go. */
export const receiversCommand: CliCommand = {
  name: 'receivers',
  register(program, context) {
    const receivers = program.command('receivers').description('Show where alerts go, and try it out.')
    addExamples(receivers, context, examples)
    const list = receivers
      .command('list')
      .description(
        'Show receivers: whether they work and why not, and when they last took a message (at most five minutes old).',
      )
      .addOption(outputOption(outputFormats, 'table'))
    addClusterOptions(addNamespaceOptions(addWatchOptions(list))).action(async (options: ListObjectsOptions) => {
      const { listReceivers } = await import('../actions/list-receivers.ts')
      await listReceivers(options, context)
    })
    addExamples(list, context, [examples[0]!])
    const test = receivers
      .command('test')
      .description(
        'Have the operator send a test message to a receiver, and say what became of it. It needs the right to update the AlertReceiver.',
      )
      .argument('<name>', 'of the AlertReceiver')
    addServerOptions(addNamespaceOption(test)).action(async (name: string, options: TestReceiverOptions) => {
      const { testReceiver } = await import('../actions/test-receiver.ts')
      await testReceiver(name, options, context)
    })
    addExamples(test, context, [examples[1]!])
  },
}
