import { OperatorError } from '../../base/errors.ts'
import { keepNurserySmall } from '../../base/heap.ts'
import type { CapacityQuery } from '../capacity/query.ts'
import type { CapacityReport, CapacityView } from '../capacity/report.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import type { Explanation } from '../explain/explanation.ts'
import type { ExplainTarget } from '../explain/target.ts'
import {
  addFilterOptions,
  addShownOptions,
  type CapacityOptions,
  isText,
  queryFrom,
  shownFacts,
  viewArgument,
} from '../options/capacity.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { outputOption } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'

const examples: readonly Example[] = [
  ['capacity', 'how full the nodes are, by what pods request and may use at most'],
  ['capacity -u --sort memory.usage.percent', 'the nodes whose memory is really used most, first'],
  ['capacity pods -n payments -u', 'what the pods of a namespace request and use'],
  ['capacity namespaces --resources all', 'who has asked for what, GPUs and storage included'],
  ['capacity pools --pool-label node-pool', 'the same by node pool'],
  [
    'capacity --node-taints dedicated=gpu:NoSchedule -o wide',
    'nodes with a taint; with - at its end, nodes without it',
  ],
  ['capacity --explain pod/payments/api-0', 'how the numbers of a pod are made, step by step'],
  ["capacity -o json | jq '.items[] | {name, requests}'", 'exact quantities for a script'],
  ['capacity --file dump.json', 'without a cluster: `kubectl get nodes,pods -A -o json > dump.json`'],
]

/** `dogwatch capacity`: requests, limits and use of what the nodes have to give. */
export const capacityCommand: CliCommand = {
  name: 'capacity',
  register(program, context) {
    const command = program
      .command('capacity')
      .summary('Show requests, limits and use of nodes, pods, namespaces, pools or the cluster.')
      .description(
        'Show requests, limits and use of nodes, pods, namespaces, node pools or the whole cluster.\n\n' +
          'Requests and limits are counted as the scheduler and `kubectl describe node` count them. In tables a part of a ' +
          'unit is rounded up and a part of a percent left out; json, yaml and csv are exact.',
      )
      .addArgument(viewArgument())
      .addOption(outputOption(['table', 'wide', 'json', 'yaml', 'csv'], 'table'))
    addShownOptions(command)
    addFilterOptions(command)
    addClusterOptions(command)
      .option('--file <file>', 'read this output of `kubectl get ... -o json` instead of a cluster; - is stdin')
      .action((view: CapacityView, options: CapacityOptions) => run(view, options, context))
    addExamples(command, context, examples)
  },
}

async function run(view: CapacityView, options: CapacityOptions, context: Context): Promise<void> {
  keepNurserySmall()
  if (options.explain !== undefined) return showExplanation(options.explain, options, context)
  const query = queryFrom(view, options)
  const report = await readReport(query, options, context)
  context.stdout.write(await formatReport(report, options, context))
  if (!isText(options.output)) for (const warning of report.warnings) context.stderr.write(`${warning}\n`)
}

async function readReport(query: CapacityQuery, options: CapacityOptions, context: Context): Promise<CapacityReport> {
  const { buildReport } = await import('../capacity/build-report.ts')
  if (options.file !== undefined) {
    const { readFileFacts } = await import('../sources/file-source.ts')
    return buildReport(await readFileFacts(options.file, context, query), query)
  }
  const [{ withCluster }, { readClusterFacts }] = await Promise.all([
    import('../sources/connect.ts'),
    import('../sources/cluster-source.ts'),
  ])
  const nowMs = () => context.clock.nowMs()
  return withCluster(options, context, async (client, signal) =>
    buildReport(await readClusterFacts({ client, signal, nowMs }, query), query),
  )
}

async function formatReport(report: CapacityReport, options: CapacityOptions, context: Context): Promise<string> {
  const { output } = options
  if (output === 'csv') return (await import('../capacity/report-csv.ts')).reportCsv(report)
  if (!isText(output)) {
    const [{ formatDocument }, { reportDocument }] = await Promise.all([
      import('../output/document.ts'),
      import('../capacity/report-document.ts'),
    ])
    return formatDocument(reportDocument(report), output)
  }
  const { reportText } = await import('../capacity/report-text.ts')
  return reportText(report, {
    facts: shownFacts(report.view, options),
    isWide: output === 'wide',
    hasPodCount: options.podCount === true,
    width: context.stdout.columns,
    paint: choosePaint(context),
  })
}

async function showExplanation(target: ExplainTarget, options: CapacityOptions, context: Context): Promise<void> {
  const { output, resources = ['cpu', 'memory'] } = options
  if (output === 'csv' || resources === 'all') {
    const wrong = output === 'csv' ? '-o csv' : '--resources all'
    throw new OperatorError(
      'INVALID_OPTION',
      `--explain does not go with ${wrong}: name the resources, and use table, json or yaml`,
    )
  }
  const explanation = await readExplanation(target, resources, { options, context })
  if (isText(output)) {
    const { explanationText } = await import('../explain/explanation-text.ts')
    context.stdout.write(
      explanationText(explanation, { resources, paint: choosePaint(context), width: context.stdout.columns }),
    )
    return
  }
  const [{ formatDocument }, { explanationDocument }] = await Promise.all([
    import('../output/document.ts'),
    import('../explain/explanation-document.ts'),
  ])
  context.stdout.write(await formatDocument(explanationDocument(explanation, resources), output))
}

async function readExplanation(
  target: ExplainTarget,
  resources: readonly string[],
  { options, context }: { options: CapacityOptions; context: Context },
): Promise<Explanation> {
  if (target.kind === 'NodePool' || target.kind === 'Cluster') {
    const { explainNodes } = await import('../explain/explain-sum.ts')
    const pool = target.kind === 'NodePool' ? { pool: target.name } : {}
    const query = queryFrom('nodes', { ...options, ...pool, resources })
    return explainNodes(
      target.kind,
      target.kind === 'NodePool' ? target.name : 'cluster',
      await readReport(query, options, context),
    )
  }
  const { explainFromCluster, explainFromFile } = await import('../sources/explain-source.ts')
  if (options.file !== undefined) return explainFromFile(options.file, context, { target, resources })
  const { withCluster } = await import('../sources/connect.ts')
  const nowMs = () => context.clock.nowMs()
  return withCluster(options, context, (client, signal) =>
    explainFromCluster({ client, signal, nowMs }, target, resources),
  )
}
