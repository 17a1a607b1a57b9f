import { OperatorError } from '../../base/errors.ts'
import { type CapacityQuery, filtersPods } from '../capacity/query.ts'
import { type Fact, facts, hasFact } from '../capacity/report-cells.ts'
import { type SortKey, sortKeyText } from '../capacity/sort-items.ts'

/** Throws INVALID_OPTION: by what is not there nothing can be sorted, and nobody would see that nothing was. */
export function requireSortable(query: CapacityQuery): void {
  const problem = problemOf(query, query.sort.by)
  if (problem !== undefined) throw new OperatorError('INVALID_OPTION', `--sort ${sortKeyText(query.sort)} ${problem}`)
}

function problemOf(query: CapacityQuery, by: SortKey['by']): string | undefined {
  if (by === 'name' || (by === 'pods' && countsPods(query))) return undefined
  if (by === 'pods') return `is about nodes, pools and namespaces, not pods; ${choices(query)}`
  const { resource, fact } = by
  if (!hasFact(fact, resource)) {
    const why = fact === 'usage' ? 'the metrics API knows only cpu and memory' : 'pods have no limit'
    return `is never known: ${why}; ${choices(query)}`
  }
  return missingFact(query, fact) ?? missingResource(query, resource)
}

function missingFact(query: CapacityQuery, fact: Fact): string | undefined {
  if (isKnown(query, fact)) return undefined
  if (fact === 'usage') return 'needs -u: usage is not read without it'
  if (fact === 'allocatable') return `says nothing: what namespaces have of all nodes is the same; ${choices(query)}`
  const isSplit = query.view === 'pods' || query.view === 'namespaces'
  const why = isSplit ? `is about nodes and pools, not ${query.view}` : `needs all pods: leave out ${podFilterFlags}`
  return `${why}; ${choices(query)}`
}

const podFilterFlags = '-n, -l and --namespace-labels'

function missingResource({ resources }: CapacityQuery, resource: string): string | undefined {
  if (resources === 'all' || resources.includes(resource)) return undefined
  return `needs -r ${[...resources, resource].join(',')}: other resources are not counted`
}

function choices(query: CapacityQuery): string {
  const known = facts.filter((fact) => isKnown(query, fact)).map((fact) => `.${fact}`)
  return `sort by name, ${countsPods(query) ? 'pods, ' : ''}or RESOURCE${known.join(', ')}`
}

function isKnown({ view, pods, hasUsage }: CapacityQuery, fact: Fact): boolean {
  if (fact === 'usage') return hasUsage
  if (fact === 'allocatable') return view !== 'namespaces'
  return fact !== 'available' || (view !== 'pods' && view !== 'namespaces' && !filtersPods(pods))
}

function countsPods({ view }: CapacityQuery): boolean {
  return view !== 'pods'
}
