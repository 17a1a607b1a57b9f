import { commit, version } from '../../base/version.ts'
import type { CliCommand } from '../command.ts'
import { addExamples } from '../options/examples.ts'
import { outputOption, type TextFormat, textFormats } from '../options/output.ts'
import { formatDocument } from '../output/document.ts'

/** `dogwatch version`: what runs here; nothing is asked of a cluster. */
export const versionCommand: CliCommand = {
  name: 'version',
  register(program, context) {
    const command = program
      .command('version')
      .description('Show the version of this program.')
      .addOption(outputOption(textFormats, 'text'))
      .action(async ({ output }: { output: TextFormat }) => {
        const facts = { version, commit, node: process.versions.node }
        const text = `dogwatch ${version} (commit ${commit}, Node ${facts.node})\n`
        context.stdout.write(output === 'text' ? text : await formatDocument(facts, output))
      })
    addExamples(command, context, [['version -o json', 'for a script or a bug report']])
  },
}
