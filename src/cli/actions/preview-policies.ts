import { OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import { choosePaint } from '../output/color.ts'
import { formatDocument } from '../output/document.ts'
import { type PolicyManifest, readPolicyFile } from '../preview/policy-file.ts'
import { type PreviewFacts, previewPolicies } from '../preview/preview.ts'
import { previewDocument } from '../preview/preview-document.ts'
import { previewText } from '../preview/preview-text.ts'
import { withCluster } from '../sources/connect.ts'
import { readPreviewDump, readPreviewFacts } from '../sources/preview-source.ts'
import { readInput } from './read-input.ts'

export interface PreviewOptions extends ClusterOptions {
  readonly output: 'text' | 'json' | 'yaml'
  readonly file?: string
  readonly namespace: string
  readonly systemNamespace: string
  readonly failOnFiring?: boolean
}

/** Reads the policies, then the cluster, then says what the policies would. */
export async function previewPolicyFile(file: string, options: PreviewOptions, context: Context): Promise<void> {
  const { namespace, systemNamespace, output } = options
  const name = file === '-' ? 'stdin' : file
  const text = await readText(file, options, context)
  const { policies, others } = readPolicyFile(text, { name, defaultNamespace: namespace, systemNamespace })
  const facts = await readFacts(policies, options, context)
  const previews = previewPolicies(policies, facts, systemNamespace)
  const { warnings } = facts
  const shown =
    output === 'text'
      ? previewText(previews, { others, warnings, paint: choosePaint(context) })
      : await formatDocument(previewDocument(previews, { others, warnings }), output)
  context.stdout.write(shown)
  if (options.failOnFiring === true && previews.some(({ firing }) => firing.length > 0)) context.exitCode = 1
}

async function readText(file: string, options: PreviewOptions, context: Context): Promise<string> {
  if (file === '-' && options.file === '-') {
    throw new OperatorError('INVALID_OPTION', 'stdin can be the policies or the cluster (--file), not both')
  }
  return readInput(file, context)
}

function readFacts(
  policies: readonly PolicyManifest[],
  options: PreviewOptions,
  context: Context,
): Promise<PreviewFacts> {
  if (options.file !== undefined) return readPreviewDump(options.file, context, policies)
  const nowMs = () => context.clock.nowMs()
  return withCluster(options, context, (client, signal) => readPreviewFacts({ client, signal, nowMs }, policies))
}
