import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import type { TextFormat } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'
import { formatDocument } from '../output/document.ts'
import { type CrashWish, crashQuestion } from '../routes/crash-question.ts'
import { explainRoutes } from '../routes/explain.ts'
import { explainDocument, explainText, type RouteExplanation } from '../routes/explain-text.ts'
import { withCluster } from '../sources/connect.ts'
import { type RouteFacts, readRouteFacts } from '../sources/route-source.ts'
import { nowOf } from './show-listing.ts'

export interface ExplainRouteOptions extends ClusterOptions, NamespaceOptions, CrashWish {
  readonly systemNamespace: string
  /** The operator's own. */
  readonly clusterName?: string
  readonly output: TextFormat
}

/** Where an alert of this pod would go, and by which line. */
export async function explainRoute(podName: string, options: ExplainRouteOptions, context: Context): Promise<void> {
  const { systemNamespace, output } = options
  await withCluster(options, context, async (client, signal, contextNamespace) => {
    const source = { client, signal, namespace: options.namespace ?? contextNamespace, systemNamespace }
    const facts = await readRouteFacts(source, podName)
    const explanation = explain(facts, options, context)
    const shown = { now: nowOf(context), paint: choosePaint(context), width: context.stdout.columns }
    const text =
      output === 'text' ? explainText(explanation, shown) : await formatDocument(explainDocument(explanation), output)
    context.stdout.write(text)
  })
}

function explain(
  { pod, job, namespace, routes, silences, receivers, notes }: RouteFacts,
  options: ExplainRouteOptions,
  { clock }: Context,
): RouteExplanation {
  const { systemNamespace, clusterName } = options
  const nowMs = clock.nowMs()
  const question = crashQuestion(pod, options, { job, nowMs })
  const namespaceFacts = (name: string) => (name === namespace.name ? namespace : { name, labels: {} })
  const surroundings = { systemNamespace, receivers, namespaceFacts }
  const facts = { question, namespace, routes, silences, surroundings, nowMs }
  return {
    question,
    notes,
    answers: explainRoutes({ ...facts, ...(clusterName === undefined ? {} : { clusterName }) }),
  }
}
