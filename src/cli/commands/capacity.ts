import { keepNurserySmall } from '../../base/heap.ts'
import type { CapacityView } from '../capacity/report.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import {
  addFilterOptions,
  addShownOptions,
  type CapacityOptions,
  queryFrom,
  viewArgument,
} from '../options/capacity.ts'
import { addClusterOptions } from '../options/cluster.ts'
import { addExamples, type Example } from '../options/examples.ts'

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
  ['capacity -u --watch', 'see it move'],
  ['capacity --explain pod/payments/ledger-0', 'how the numbers of a pod are made, step by step'],
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
  if (options.explain !== undefined) {
    const { explainCapacity } = await import('../actions/explain-capacity.ts')
    return explainCapacity(options.explain, options, context)
  }
  const query = queryFrom(view, options)
  if (options.watch === true) {
    const { watchCapacity } = await import('../actions/watch-capacity.ts')
    return watchCapacity(query, options, context)
  }
  const { showCapacity } = await import('../actions/show-capacity.ts')
  return showCapacity(query, options, context)
}
