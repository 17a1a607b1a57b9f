import { Argument, type Command as Commander, InvalidArgumentError, Option } from 'commander'
import { OperatorError } from '../../base/errors.ts'
import { keepNurserySmall } from '../../base/heap.ts'
import { type CapacityQuery, filtersPods } from '../capacity/query.ts'
import type { CapacityReport, CapacityView } from '../capacity/report.ts'
import type { Fact } from '../capacity/report-cells.ts'
import { parseSortKey, type SortKey } from '../capacity/sort-items.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addClusterOptions, type ClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { type LabelQuery, parseLabelQuery } from '../options/label-selector.ts'
import { parseTaintQuery, type TaintQuery } from '../options/node-taints.ts'
import { outputOption } from '../options/output.ts'

type Output = 'table' | 'wide' | 'json' | 'yaml' | 'csv'

interface CapacityOptions extends ClusterOptions {
  readonly output: Output
  readonly resources?: readonly string[] | 'all'
  readonly utilization?: boolean
  readonly available?: boolean
  readonly podCount?: boolean
  readonly pods?: boolean
  readonly containers?: boolean
  readonly sort: SortKey
  readonly namespace?: string
  readonly selector?: LabelQuery
  readonly namespaceLabels?: LabelQuery
  readonly nodeLabels?: LabelQuery
  readonly nodeTaints?: TaintQuery
  readonly taint: boolean
  readonly pool?: string
  readonly poolLabel?: string
  readonly file?: string
}

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
      .action(async (view: CapacityView, options: CapacityOptions) => showCapacity(view, options, context))
    addExamples(command, context, examples)
  },
}

const viewNames: Readonly<Record<string, CapacityView>> = {
  nodes: 'nodes',
  node: 'nodes',
  no: 'nodes',
  pods: 'pods',
  pod: 'pods',
  po: 'pods',
  namespaces: 'namespaces',
  namespace: 'namespaces',
  ns: 'namespaces',
  pools: 'pools',
  pool: 'pools',
  cluster: 'cluster',
}

function viewArgument(): Argument {
  return new Argument('[view]', 'what to show: nodes, pods, namespaces, pools or cluster')
    .default('nodes')
    .argParser((text): CapacityView => {
      const view = viewNames[text]
      if (view === undefined) throw new InvalidArgumentError('Choose nodes, pods, namespaces, pools or cluster.')
      return view
    })
}

function addShownOptions(command: Commander): Commander {
  return command
    .option('-r, --resources <names>', 'resources, separated by commas, or all (default: cpu,memory)', parseResources)
    .option('-u, --utilization', 'also what is used now, by the metrics API')
    .option('-a, --available', 'also what can still be requested')
    .option('--pod-count', 'also how many pods there are')
    .option('-p, --pods', 'also the pods of each')
    .option('-c, --containers', 'also the pods of each and their containers')
    .addOption(
      new Option(
        '--sort <key>',
        'name, pods, or RESOURCE.requests, .limits, .usage, .available; .percent and :asc can follow',
      )
        .argParser(parseSortKey)
        .default(parseSortKey('name'), 'name'),
    )
}

function addFilterOptions(command: Commander): Commander {
  return command
    .option('-n, --namespace <name>', 'count only pods of this namespace')
    .option(
      '-l, --selector <labels>',
      'count only pods with these labels, such as app=web,tier!=cache',
      parseLabelQuery,
    )
    .option('--namespace-labels <labels>', 'count only pods of namespaces with these labels', parseLabelQuery)
    .option('--node-labels <labels>', 'only nodes with these labels', parseLabelQuery)
    .option(
      '-t, --node-taints <taints>',
      'only nodes with these taints: key=value:effect,...; with - at its end, without',
      parseTaintQuery,
    )
    .option('--no-taint', 'only nodes without any taint')
    .option('--pool <name>', 'only nodes of this pool')
    .option('--pool-label <label>', 'node label that names the pool (default: the well-known ones)')
}

function parseResources(text: string): readonly string[] | 'all' {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('Write names separated by commas, such as cpu,memory.')
  return names.includes('all') ? 'all' : [...new Set(names)]
}

async function showCapacity(view: CapacityView, options: CapacityOptions, context: Context): Promise<void> {
  const query = queryFrom(view, options)
  const report = await readReport(query, options, context)
  context.stdout.write(await formatReport(report, options, context))
  if (!isText(options.output)) for (const warning of report.warnings) context.stderr.write(`${warning}\n`)
}

async function readReport(query: CapacityQuery, options: CapacityOptions, context: Context): Promise<CapacityReport> {
  keepNurserySmall()
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

function queryFrom(view: CapacityView, options: CapacityOptions): CapacityQuery {
  const { namespace, selector, namespaceLabels, nodeLabels, nodeTaints, taint, pool, poolLabel } = options
  const query: CapacityQuery = {
    view,
    resources:
      options.resources ?? (options.output === 'json' || options.output === 'yaml' ? 'all' : ['cpu', 'memory']),
    hasUsage: options.utilization === true,
    depth: depthOf(view, options),
    sort: options.sort,
    pods: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(selector === undefined ? {} : { labels: selector }),
      ...(namespaceLabels === undefined ? {} : { namespaceLabels }),
    },
    nodes: {
      ...(nodeLabels === undefined ? {} : { labels: nodeLabels }),
      ...(nodeTaints === undefined ? {} : { taints: nodeTaints }),
      ...(pool === undefined ? {} : { pool }),
      isTaintFree: !taint,
    },
    ...(poolLabel === undefined ? {} : { poolLabel }),
  }
  if (options.available === true) requireWhole(query)
  return query
}

function depthOf(view: CapacityView, { pods, containers }: CapacityOptions): CapacityQuery['depth'] {
  if (view === 'cluster') return 'objects'
  if (containers === true) return 'containers'
  return pods === true && view !== 'pods' ? 'pods' : 'objects'
}

/** What is left can only be said where all pods are counted. */
function requireWhole({ view, pods }: CapacityQuery): void {
  if (view === 'pods' || view === 'namespaces') {
    throw new OperatorError('INVALID_OPTION', `--available is about nodes, pools and the cluster, not ${view}`)
  }
  if (filtersPods(pods)) {
    throw new OperatorError(
      'INVALID_OPTION',
      '--available needs all pods: what others request is not available either; leave out -n, -l and --namespace-labels',
    )
  }
}

function isText(output: Output): output is 'table' | 'wide' {
  return output === 'table' || output === 'wide'
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
  const [{ reportText }, { choosePaint }] = await Promise.all([
    import('../capacity/report-text.ts'),
    import('../output/color.ts'),
  ])
  return reportText(report, {
    facts: shownFacts(report.view, options),
    isWide: output === 'wide',
    hasPodCount: options.podCount === true,
    width: context.stdout.columns,
    paint: choosePaint(context),
  })
}

function shownFacts(view: CapacityView, { output, utilization, available }: CapacityOptions): Fact[] {
  const isEachAnother = view !== 'pods' && view !== 'namespaces'
  return [
    ...(output === 'wide' && isEachAnother ? (['allocatable'] as const) : []),
    'requests',
    'limits',
    ...(utilization === true ? (['usage'] as const) : []),
    ...(available === true ? (['available'] as const) : []),
  ]
}
