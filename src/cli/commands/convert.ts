import { defaultSystemNamespace } from '../../api/kind.ts'
import type { ConvertOptions } from '../actions/convert-kubecapwatch.ts'
import type { CliCommand } from '../command.ts'
import { addExamples, type Example } from '../options/examples.ts'

const examples: readonly Example[] = [
  ['convert kubecapwatch config.ini > dogwatch.yaml', 'one file to read and apply'],
  ['convert kubecapwatch config.ini -o dogwatch', 'a folder with a file for each resource'],
]

/** `dogwatch convert`: from the settings of other programs to custom resources. */
export const convertCommand: CliCommand = {
  name: 'convert',
  register(program, context) {
    const convert = program.command('convert').description('Turn the settings of another program into manifests.')
    addExamples(convert, context, examples)
    const kubecapwatch = convert
      .command('kubecapwatch')
      .summary("Turn KubeCapWatch's config.ini into a CapacityPolicy and AlertReceivers.")
      .description(
        "Turn KubeCapWatch's config.ini into a CapacityPolicy and AlertReceivers. Every setting is converted, or named with the " +
          'reason why not, in comments and on stderr. Credentials are never printed: the manifests name a Secret, and the command ' +
          'that stores it is shown with a placeholder. No cluster is asked.',
      )
      .argument('<file>', 'the config.ini; - is stdin')
      .option('-o, --output <folder>', 'write a file for each resource into this folder; - is stdout', '-')
      .option(
        '-n, --namespace <name>',
        "the operator's own namespace, whose policies see the whole cluster",
        defaultSystemNamespace,
      )
      .action(async (file: string, options: ConvertOptions) => {
        const { convertKubeCapWatchFile } = await import('../actions/convert-kubecapwatch.ts')
        await convertKubeCapWatchFile(file, options, context)
      })
    addExamples(kubecapwatch, context, examples)
  },
}
