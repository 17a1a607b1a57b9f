import { type Command as Commander, Option } from 'commander'
import { defaultSystemNamespace } from '../../api/kind.ts'
import type { ConvertOptions } from '../actions/convert-kubecapwatch.ts'
import type { ConvertPodMonitorOptions } from '../actions/convert-pod-monitor.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addExamples, type Example } from '../options/examples.ts'

const kubecapwatchExamples: readonly Example[] = [
  ['convert kubecapwatch config.ini > dogwatch.yaml', 'one file to read and apply'],
  ['convert kubecapwatch config.ini -o dogwatch', 'a folder with a file for each resource'],
]

const podMonitorExamples: readonly Example[] = [
  ['convert pod-monitor application.yml > crashes.yaml', 'one file to read and apply'],
  ['convert pod-monitor application.yml -o dogwatch', 'a folder with a file for each resource'],
]

/** `dogwatch convert`: from the settings of other programs to custom resources. */
export const convertCommand: CliCommand = {
  name: 'convert',
  register(program, context) {
    const convert = program.command('convert').description('Turn the settings of another program into manifests.')
    addExamples(convert, context, [kubecapwatchExamples[0]!, podMonitorExamples[0]!])
    registerKubecapwatch(convert, context)
    registerPodMonitor(convert, context)
  },
}

function registerKubecapwatch(convert: Commander, context: Context): void {
  const command = convert
    .command('kubecapwatch')
    .summary("Turn KubeCapWatch's config.ini into a CapacityPolicy and AlertReceivers.")
    .description(
      "Turn KubeCapWatch's config.ini into a CapacityPolicy and AlertReceivers. Every setting is converted, or named with the " +
        'reason why not, in comments and on stderr. Credentials are never printed: the manifests name a Secret, and the command ' +
        'that stores it is shown with a placeholder. No cluster is asked.',
    )
    .argument('<file>', 'the config.ini; - is stdin')
  addOutputOptions(command).action(async (file: string, options: ConvertOptions) => {
    const { convertKubeCapWatchFile } = await import('../actions/convert-kubecapwatch.ts')
    await convertKubeCapWatchFile(file, options, context)
  })
  addExamples(command, context, kubecapwatchExamples)
}

function registerPodMonitor(convert: Commander, context: Context): void {
  const command = convert
    .command('pod-monitor')
    .summary("Turn kubernetes-pod-monitor's application.yml into a CrashAlertRoute and an AlertReceiver.")
    .description(
      "Turn kubernetes-pod-monitor's application.yml into a CrashAlertRoute and an AlertReceiver; with --mysql also the channels and " +
        'muted containers that people wrote into its database, which is only read. Every setting is converted, or named with the ' +
        'reason why not, in comments and on stderr. Credentials are never printed: the manifests name a Secret, and the command ' +
        'that stores it is shown with a placeholder. No cluster is asked.',
    )
    .argument('<file>', 'the application.yml; - is stdin')
  addOutputOptions(command)
    .option('--cluster <name>', 'whose rows of the database are converted (default: CLUSTER_NAME)')
    .option('--env-file <file>', 'variables of its Deployment, NAME=value in each line; they win over the settings')
    .option('--mysql [url]', 'read mysql://user@host:3306/database; without the url the database of the settings')
    .option(
      '--mysql-password-file <file>',
      'the password; else that of DOGWATCH_MYSQL_PASSWORD, else that of the settings',
    )
    .addOption(
      new Option('--mysql-tls <mode>', 'verify: encrypted, the certificate and its name are checked; off: neither')
        .choices(['verify', 'off'])
        .default('verify'),
    )
    .option('--mysql-ca-file <file>', "the authorities (PEM) that the database's certificate may come from")
    .action(async (file: string, options: ConvertPodMonitorOptions) => {
      const { convertPodMonitorFile } = await import('../actions/convert-pod-monitor.ts')
      await convertPodMonitorFile(file, options, context)
    })
  addExamples(command, context, podMonitorExamples)
}

function addOutputOptions(command: Commander): Commander {
  return command
    .option('-o, --output <folder>', 'write a file for each resource into this folder; - is stdout', '-')
    .option(
      '-n, --namespace <name>',
      "the operator's own namespace, whose policies see the whole cluster",
      defaultSystemNamespace,
    )
}
