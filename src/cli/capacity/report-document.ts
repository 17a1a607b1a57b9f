/** The report as plain data for JSON and YAML: quantities as texts exactly as Kubernetes writes them, percents as numbers. */
import { formatQuantity, type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import { baseOf, type CapacityItem, type CapacityReport, percentOf, type Unscheduled } from './report.ts'
import { hasFact } from './report-cells.ts'

type Texts = Record<string, string>
type Numbers = Record<string, number>

export function reportDocument(report: CapacityReport): object {
  const { view, resources, basis, cluster, items, unscheduled, warnings } = report
  return {
    view,
    basis,
    ...(cluster === undefined ? {} : { cluster: itemDocument(cluster, resources) }),
    items: items.map((item) => itemDocument(item, resources)),
    unscheduled: unscheduledDocument(unscheduled, resources),
    warnings,
  }
}

function itemDocument(item: CapacityItem, resources: readonly string[]): object {
  const { kind, namespace, name, pod, node, marks, nodeCount, podCount } = item
  return {
    kind,
    ...present({ namespace }),
    name,
    ...present({ pod, node, nodeCount, podCount }),
    ...(marks.length === 0 ? {} : { status: marks }),
    ...amountDocument(item, resources),
    ...childrenDocument(item, resources),
  }
}

function amountDocument(item: CapacityItem, resources: readonly string[]): object {
  const { allocatable, requests, limits, usage, available, unlimited } = item
  const countable = resources.filter((name) => name !== 'pods' || item.kind !== 'Container')
  const named = countable.filter((name) => [allocatable, requests, limits].some((list) => list?.has(name)))
  const limitable = named.filter((name) => hasFact('limits', name))
  const counted = [...unlimited].filter(([name, count]) => count > 0 && resources.includes(name))
  return {
    ...(allocatable === undefined ? {} : { allocatable: texts(allocatable, resources) }),
    requests: textsOrZero(requests, named),
    limits: textsOrZero(limits, limitable),
    containersWithoutLimit: Object.fromEntries(counted),
    ...(available === undefined ? {} : { available: texts(available, resources) }),
    ...(usage === undefined ? {} : { usage: texts(usage.amounts, resources), samplesMissing: usage.missing }),
    ...present({ sampleAgeSeconds: usage?.ageSeconds }),
    percent: {
      requests: percents((name) => requests.get(name) ?? zeroQuantity, baseOf(item, 'requests'), named),
      limits: percents((name) => limits.get(name) ?? zeroQuantity, baseOf(item, 'limits'), limitable),
      ...(usage === undefined
        ? {}
        : { usage: percents((name) => usage.amounts?.get(name), baseOf(item, 'usage'), resources) }),
    },
  }
}

function childrenDocument({ kind, children }: CapacityItem, resources: readonly string[]): object {
  if (children.length === 0) return {}
  const name = kind === 'Pod' ? 'containers' : 'pods'
  return { [name]: children.map((child) => itemDocument(child, resources)) }
}

function unscheduledDocument({ pods, requests, limits }: Unscheduled, resources: readonly string[]): object {
  return {
    podCount: pods.length,
    requests: texts(requests, resources),
    limits: texts(limits, resources),
    pods: pods.map((pod) => itemDocument(pod, resources)),
  }
}

function texts(list: ResourceList | undefined, resources: readonly string[]): Texts {
  const result: Texts = {}
  for (const name of resources) {
    const quantity = list?.get(name)
    if (quantity !== undefined) result[name] = formatQuantity(quantity)
  }
  return result
}

/** Nothing requested is a fact, and is written as 0. */
function textsOrZero(list: ResourceList, names: readonly string[]): Texts {
  return Object.fromEntries(names.map((name) => [name, formatQuantity(list.get(name) ?? zeroQuantity)]))
}

function percents(
  amountOf: (name: string) => Quantity | undefined,
  base: ResourceList | undefined,
  names: readonly string[],
): Numbers {
  const result: Numbers = {}
  for (const name of names) {
    const percent = percentOf(amountOf(name), base?.get(name))
    if (percent !== undefined) result[name] = percent
  }
  return result
}

function present<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
