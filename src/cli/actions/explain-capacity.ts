import { OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'
import { explainNodes } from '../explain/explain-sum.ts'
import type { Explanation } from '../explain/explanation.ts'
import { explanationDocument } from '../explain/explanation-document.ts'
import { explanationText } from '../explain/explanation-text.ts'
import type { ExplainTarget } from '../explain/target.ts'
import { type CapacityOptions, queryFrom } from '../options/capacity.ts'
import { requireExplainable } from '../options/explain.ts'
import { isText } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'
import { formatDocument } from '../output/document.ts'
import { explainFromCluster, explainFromFile } from '../sources/explain-source.ts'
import { readReport } from './show-capacity.ts'

/** How the numbers of one object are made. */
export async function explainCapacity(
  target: ExplainTarget,
  options: CapacityOptions,
  context: Context,
): Promise<void> {
  const { output, resources = ['cpu', 'memory'] } = options
  requireExplainable(target, options)
  if (output === 'csv' || resources === 'all') {
    const wrong = output === 'csv' ? '-o csv' : '--resources all'
    throw new OperatorError(
      'INVALID_OPTION',
      `--explain does not go with ${wrong}: name the resources, and use table, json or yaml`,
    )
  }
  const explanation = await readExplanation(target, resources, { options, context })
  if (isText(output)) {
    context.stdout.write(
      explanationText(explanation, { resources, paint: choosePaint(context), width: context.stdout.columns }),
    )
    return
  }
  context.stdout.write(await formatDocument(explanationDocument(explanation, resources), output))
}

async function readExplanation(
  target: ExplainTarget,
  resources: readonly string[],
  { options, context }: { options: CapacityOptions; context: Context },
): Promise<Explanation> {
  if (target.kind === 'NodePool' || target.kind === 'Cluster') {
    const pool = target.kind === 'NodePool' ? { pool: target.name } : {}
    const query = queryFrom('nodes', { ...options, ...pool, resources })
    return explainNodes(
      target.kind,
      target.kind === 'NodePool' ? target.name : 'cluster',
      await readReport(query, options, context),
    )
  }
  if (options.file !== undefined) return explainFromFile(options.file, context, { target, resources })
  const { withCluster } = await import('../sources/connect.ts')
  const nowMs = () => context.clock.nowMs()
  return withCluster(options, context, (client, signal) =>
    explainFromCluster({ client, signal, nowMs }, target, resources),
  )
}
