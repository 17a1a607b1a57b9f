import { Argument, type Command as Commander, InvalidArgumentError, Option } from 'commander'
import { OperatorError } from '../../base/errors.ts'
import { type CapacityQuery, filtersPods } from '../capacity/query.ts'
import type { CapacityView } from '../capacity/report.ts'
import type { Fact } from '../capacity/report-cells.ts'
import { parseSortKey, type SortKey } from '../capacity/sort-items.ts'
import { type ExplainTarget, parseExplainTarget } from '../explain/target.ts'
import type { ClusterOptions } from './cluster.ts'
import { type LabelQuery, parseLabelQuery } from './label-selector.ts'
import { parseTaintQuery, type TaintQuery } from './node-taints.ts'
import { addWatchOptions, type OutputFormat, outputFormats, outputOption, type WatchOptions } from './output.ts'
import { requireSortable } from './sortable.ts'

export interface CapacityOptions extends ClusterOptions, WatchOptions {
  readonly output: OutputFormat
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
  readonly explain?: ExplainTarget
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

export function viewArgument(): Argument {
  return new Argument('[view]', 'what to show: nodes, pods, namespaces, pools or cluster')
    .default('nodes')
    .argParser((text): CapacityView => {
      const view = viewNames[text]
      if (view === undefined) throw new InvalidArgumentError('Choose nodes, pods, namespaces, pools or cluster.')
      return view
    })
}

export function addShownOptions(command: Commander): Commander {
  command
    .optionsGroup('What is shown:')
    .option('-r, --resources <names>', 'resources, separated by commas, or all (default: cpu,memory)', parseResources)
    .option('-u, --utilization', 'also what is used now, by the metrics API')
    .option('-a, --available', 'also what can still be requested')
    .option('--pod-count', 'also how many pods there are')
    .option('-p, --pods', 'also the pods of each')
    .option('-c, --containers', 'also the pods of each and their containers')
    .addOption(
      new Option(
        '--sort <key>',
        'name, pods, or RESOURCE.requests, .limits, .usage (.percent can follow these), .allocatable, .available; numbers fall, with :asc behind the key they rise',
      )
        .argParser(parseSortKey)
        .default(parseSortKey('name'), 'name'),
    )
    .addOption(outputOption(outputFormats, 'table'))
    .option(
      '--explain <object>',
      'how its numbers are made: pod/NAMESPACE/NAME, node/NAME, namespace/NAME, pool/NAME or cluster',
      parseExplainTarget,
    )
  return addWatchOptions(command)
}

export function addFilterOptions(command: Commander): Commander {
  return command
    .optionsGroup('What is counted:')
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

/** Throws INVALID_OPTION for options that make no sense together. */
export function queryFrom(view: CapacityView, options: CapacityOptions): CapacityQuery {
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
  requireSortable(query)
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

export function shownFacts(view: CapacityView, { output, utilization, available }: CapacityOptions): Fact[] {
  const isEachAnother = view !== 'pods' && view !== 'namespaces'
  return [
    ...(output === 'wide' && isEachAnother ? (['allocatable'] as const) : []),
    'requests',
    'limits',
    ...(utilization === true ? (['usage'] as const) : []),
    ...(available === true ? (['available'] as const) : []),
  ]
}
