import type { ReportScope } from './build-report.ts'
import { usesPodSamples } from './group-sums.ts'
import { filtersNodes, filtersPods, type NodeFilter, type PodFilter } from './query.ts'

/** What is counted, and what a percent is of, in a line each; nothing where that is all pods and each whole node. */
export function basisSentences(scope: ReportScope): string[] {
  const { query, hasNodes } = scope
  return [
    ...(filtersNodes(query.nodes) ? [nodeSentence(scope)] : []),
    ...(filtersPods(query.pods) ? [podSentence(scope)] : []),
    ...(query.view === 'pools' ? [`Pools are named by the node label ${scope.poolLabel}.`] : []),
    ...(hasNodes ? percentSentences(scope) : []),
  ]
}

function percentSentences(scope: ReportScope): string[] {
  const { query, usage } = scope
  const isFiltered = filtersPods(query.pods)
  const sum = usage !== undefined && usesPodSamples(query) ? ' Usage is the sum of pods.' : ''
  switch (query.view) {
    case 'pods':
      return [
        "Requests and limits are a percent of the pod's node.",
        ...(usage === undefined ? [] : ["Usage is a percent of the pod's limit, or of its request if it has none."]),
      ]
    case 'namespaces':
      return [`Percents are of all that ${theNodes(scope)} can allocate.${sum}`]
    default:
      return isFiltered ? [`Percents are of all that the nodes can allocate.${sum}`] : []
  }
}

function theNodes({ query, nodes }: ReportScope): string {
  const count = nodes.size === 1 ? '1 node' : `${nodes.size} nodes`
  return filtersNodes(query.nodes) ? `these ${count}` : `the ${count}`
}

function nodeSentence({ query, nodes, poolLabel, allNodeCount }: ReportScope): string {
  return `Only nodes ${nodeConditions(query.nodes, poolLabel).join(', ')}: ${nodes.size} of ${allNodeCount}.`
}

function nodeConditions({ labels, taints, isTaintFree, pool }: NodeFilter, poolLabel: string | undefined): string[] {
  return [
    ...(pool === undefined ? [] : [`in pool ${pool} (${poolLabel})`]),
    ...(labels === undefined ? [] : [`with labels ${labels.text}`]),
    ...(taints === undefined ? [] : [`with taints ${taints.text}`]),
    ...(isTaintFree ? ['without taints'] : []),
  ]
}

function podSentence({ query, placed, waiting }: ReportScope): string {
  const count = placed.length + waiting.length
  return `Only pods ${podConditions(query.pods).join(', ')}: ${count === 1 ? '1 pod' : `${count} pods`}.`
}

function podConditions({ namespace, labels, namespaceLabels }: PodFilter): string[] {
  return [
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
    ...(namespaceLabels === undefined ? [] : [`in namespaces with labels ${namespaceLabels.text}`]),
    ...(labels === undefined ? [] : [`with labels ${labels.text}`]),
  ]
}
