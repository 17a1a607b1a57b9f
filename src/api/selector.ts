/** Selectors: which nodes, which namespaces. A selector is replaced as a whole, as in every Kubernetes kind. */
import { z } from 'zod'
import { dnsLabel, orderedList, patternText, qualifiedKey, rule, set, textMap } from './schema.ts'

const labelValuePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/
const labelValue = () => patternText(labelValuePattern, 63)

const requirement = rule(
  z.object({
    key: qualifiedKey().describe('The label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe('How the label is compared: In and NotIn need values, Exists and DoesNotExist take none.'),
    values: orderedList(labelValue()).max(64).optional().describe('The values to compare with.'),
  }),
  {
    cel: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
    holds: ({ operator, values = [] }) => (operator === 'In' || operator === 'NotIn') === values.length > 0,
    message: 'give values with In and NotIn, and none with Exists and DoesNotExist',
    fieldPath: '.values',
  },
)

const keyPattern = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$'

/** A metav1.LabelSelector. Empty selects everything. */
export const labelSelector = () =>
  z
    .object({
      matchLabels: rule(textMap(labelValue(), 32), {
        cel: `self.all(key, key.size() <= 317 && key.matches('${keyPattern}'))`,
        holds: (value) => Object.keys(value).every((key) => key.length <= 317 && new RegExp(keyPattern).test(key)),
        message: 'write label keys as name or prefix/name, such as team or example.com/team',
      })
        .optional()
        .describe('Labels that an object must have, each with exactly this value.'),
      matchExpressions: orderedList(requirement)
        .max(32)
        .optional()
        .describe('Requirements on labels; all of them must be met.'),
    })
    .meta({ 'x-kubernetes-map-type': 'atomic' })

export type LabelSelector = z.output<ReturnType<typeof labelSelector>>

const filterShape = {
  names: set(dnsLabel()).max(256).optional().describe('Namespaces by name. Absent or empty: any name.'),
  selector: labelSelector().optional().describe("Namespaces by the namespace's labels. Absent or {}: any labels."),
}

/** Which namespaces. Names and selector together intersect; absent or empty: all that the scope rule allows. */
export const namespaceFilter = () => z.object(filterShape)

export type NamespaceFilter = z.output<ReturnType<typeof namespaceFilter>>

/** As a namespace filter, for giving something away: it has to say to whom. */
export const namespaceGrant = () =>
  rule(namespaceFilter(), {
    cel: '(has(self.names) && self.names.size() > 0) || has(self.selector)',
    holds: ({ names = [], selector }) => names.length > 0 || selector !== undefined,
    message: 'say which namespaces: give names, a selector, or selector: {} for every namespace',
  })
