/** Lines of a CrashAlertRoute in words. */
import type { ReceiverUseSpec } from '../../api/receiver-use.ts'
import type { NamespaceFilter } from '../../api/selector.ts'
import type { LabelSelectorRequirement } from '../../model/label-selector.ts'

export const everyNamespace = 'all namespaces'

/** `payments, billing`, `those with tier=gold`, `all namespaces`. */
export function namespacesText(filter: NamespaceFilter | undefined): string {
  const { names = [], selector } = filter ?? {}
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const conditions = [...labels, ...(selector?.matchExpressions ?? []).map(requirementText)]
  const chosen = conditions.length === 0 ? '' : `those with ${conditions.join(',')}`
  if (names.length === 0) return chosen === '' ? everyNamespace : chosen
  return chosen === '' ? names.join(', ') : `of ${names.join(', ')} ${chosen}`
}

/** As kubectl's `-l` writes it. */
function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`
    case 'NotIn':
      return `${key} notin (${values.join(',')})`
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
  }
}

/** `slack #payments`, `dogwatch-system/slack`: the namespace only where it is another than the route's. */
export function receiverText({ name, namespace, slack }: ReceiverUseSpec, own: string): string {
  const where = namespace === undefined || namespace === own ? name : `${namespace}/${name}`
  return slack === undefined ? where : `${where} ${slack.channel}`
}
