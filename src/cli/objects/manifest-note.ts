import type { KubeObject } from '../../kube/resource.ts'

/** Whoever applies an object from files holds the field, and sets it back with the next apply; '' where nobody does. */
export function manifestNote({ metadata }: KubeObject, field: string): string {
  const { managedFields = [], annotations } = metadata as KubeObject['metadata'] & {
    readonly managedFields?: readonly { readonly operation?: string; readonly subresource?: string }[]
  }
  const isApplied =
    managedFields.some(({ operation, subresource }) => operation === 'Apply' && subresource === undefined) ||
    annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined
  return isApplied ? `It was applied from a manifest: set ${field} there too, or the next apply may set it back.\n` : ''
}
