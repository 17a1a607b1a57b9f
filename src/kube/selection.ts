import { type ResourceType, resourceName, resourcePath } from './resource.ts'

/** Which objects: a kind, in one namespace or all, narrowed by selectors in the API's own syntax. */
export interface Selection {
  readonly type: ResourceType
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export function selectionPath(selection: Selection): string {
  return resourcePath(selection.type, { namespace: selection.namespace })
}

export function selectionQuery(selection: Selection): { labelSelector?: string; fieldSelector?: string } {
  return {
    ...(selection.labelSelector === undefined ? {} : { labelSelector: selection.labelSelector }),
    ...(selection.fieldSelector === undefined ? {} : { fieldSelector: selection.fieldSelector }),
  }
}

/** Equal for selections that select the same objects in the same words. */
export function selectionKey(selection: Selection): string {
  const { type, namespace = '', labelSelector = '', fieldSelector = '' } = selection
  return JSON.stringify([type.group, type.version, type.resource, namespace, labelSelector, fieldSelector])
}

/** For people: `pods in kube-system with app=web`. */
export function describeSelection(selection: Selection): string {
  const place = selection.namespace === undefined ? '' : ` in ${selection.namespace}`
  const selectors = [selection.labelSelector, selection.fieldSelector].filter(
    (part) => part !== undefined && part !== '',
  )
  return `${resourceName(selection.type)}${place}${selectors.length === 0 ? '' : ` with ${selectors.join(' and ')}`}`
}
