/** Label selectors as Kubernetes objects write them (metav1.LabelSelector), and how the API server judges them. */

export type Labels = Readonly<Record<string, string>>

export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[] | undefined
}

export interface LabelSelectorTerms {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | undefined
}

/** An absent or empty selector selects everything; a label that is absent satisfies `NotIn`. */
export function matchesLabelSelector(selector: LabelSelectorTerms | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  return (
    Object.entries(matchLabels).every(([key, value]) => labelValue(labels, key) === value) &&
    matchExpressions.every((requirement) => meets(requirement, labelValue(labels, requirement.key)))
  )
}

/** Undefined where the label is absent; `constructor` is a label like any other. */
export function labelValue(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

function meets({ operator, values = [] }: LabelSelectorRequirement, label: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label)
    case 'NotIn':
      return label === undefined || !values.includes(label)
    case 'Exists':
      return label !== undefined
    case 'DoesNotExist':
      return label === undefined
  }
}
