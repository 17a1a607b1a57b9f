import { formatQuantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import { percentOf } from '../capacity/report.ts'
import type { Explanation, Part, PodExplanation, SumExplanation } from './explanation.ts'

/** The explanation as plain data for JSON and YAML, with exact quantities. */
export function explanationDocument(explanation: Explanation, resources: readonly string[]): object {
  return explanation.kind === 'Pod' ? podDocument(explanation) : sumDocument(explanation, resources)
}

function podDocument({ kind, namespace, name, node, allocatable, derivations, notes }: PodExplanation): object {
  return {
    ...{ kind, namespace, name },
    ...(node === undefined ? {} : { node }),
    derivations: derivations.map(({ resource, side, steps, total }) => {
      const percent = percentOf(total, allocatable?.get(resource))
      return {
        ...{ resource, side, total: formatQuantity(total) },
        ...(percent === undefined ? {} : { percentOfNode: percent }),
        steps: steps.map(({ what, amount, how }) => ({ what, amount: formatQuantity(amount), how })),
      }
    }),
    notes,
  }
}

function sumDocument(explanation: SumExplanation, resources: readonly string[]): object {
  const { kind, name, parts, sum, allocatable, notes } = explanation
  return {
    ...{ kind, name },
    sum: amountsDocument(sum, resources),
    ...(allocatable === undefined ? {} : { allocatable: texts(allocatable, resources) }),
    parts: parts.map((part) => ({
      name: part.name,
      ...amountsDocument(part, resources),
      ...(part.why === '' ? {} : { with: part.why }),
    })),
    notes,
  }
}

function amountsDocument(
  amounts: Pick<Part, 'requests' | 'limits' | 'unlimited'>,
  resources: readonly string[],
): object {
  const { requests, limits, unlimited } = amounts
  const counted = [...unlimited].filter(([resource, count]) => count > 0 && resources.includes(resource))
  return {
    requests: texts(requests, resources),
    limits: texts(limits, resources),
    containersWithoutLimit: Object.fromEntries(counted),
  }
}

function texts(list: ResourceList, resources: readonly string[]): Record<string, string> {
  const named = resources.flatMap((name) => {
    const amount = list.get(name)
    return amount === undefined ? [] : [[name, formatQuantity(amount)] as const]
  })
  return Object.fromEntries(named)
}
