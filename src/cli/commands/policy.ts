import { defaultSystemNamespace } from '../../api/kind.ts'
import type { PreviewOptions } from '../actions/preview-policies.ts'
import type { CliCommand } from '../command.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { outputOption, textFormats } from '../options/output.ts'

const examples: readonly Example[] = [
  ['policy preview policy.yaml', 'what this policy would say now; nothing is applied'],
  [
    'policy preview - --fail-on-firing < policy.yaml',
    'the same in a pipeline, with exit code 1 where it would say something',
  ],
  ['policy preview policy.yaml --file dump.json', 'without a cluster: `kubectl get nodes,pods -A -o json > dump.json`'],
]

/** `dogwatch policy`: policies before they are applied. */
export const policyCommand: CliCommand = {
  name: 'policy',
  register(program, context) {
    const policy = program.command('policy').description('Check policies before they are applied.')
    addExamples(policy, context, examples)
    const preview = policy
      .command('preview')
      .summary('Show what capacity policies would say now, without applying them.')
      .description(
        'Show what the capacity policies in a file would say now, without applying them: what would fire, what is pending ' +
          'until it has lasted, what is not known. Every document is checked as the API server would.',
      )
      .argument('<file>', 'YAML or JSON, of one document or several; - is stdin')
      .addOption(outputOption(textFormats, 'text'))
      .option('--fail-on-firing', 'exit with 1 when something would fire')
      .option('-n, --namespace <name>', 'namespace of policies that name none', 'default')
      .option(
        '--system-namespace <name>',
        "the operator's own namespace, whose policies see the whole cluster",
        defaultSystemNamespace,
      )
    addClusterOptions(preview)
      .option('--file <file>', 'read this output of `kubectl get ... -o json` instead of a cluster; - is stdin')
      .action(async (file: string, options: PreviewOptions) => {
        const { previewPolicyFile } = await import('../actions/preview-policies.ts')
        await previewPolicyFile(file, options, context)
      })
    addExamples(preview, context, examples)
  },
}
