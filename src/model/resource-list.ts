/** Lists of resources such as a container's requests: name to quantity, and the two ways upstream combines them. */
import { OperatorError } from '../base/errors.ts'
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts'

export type ResourceList = ReadonlyMap<string, Quantity>
export type MutableResourceList = Map<string, Quantity>

/** A list as it stands in an object's JSON. */
export type ResourceTexts = Readonly<Record<string, string | number>>

export const emptyResourceList: ResourceList = new Map()

/** Throws `INVALID_QUANTITY` naming the resource and the text. */
export function readResourceList(texts: ResourceTexts | null | undefined, read = parseQuantity): ResourceList {
  if (texts === undefined || texts === null) return emptyResourceList
  const list: MutableResourceList = new Map()
  for (const name of Object.keys(texts)) {
    try {
      list.set(name, read(texts[name]!))
    } catch (cause) {
      throw new OperatorError('INVALID_QUANTITY', `resource ${name} cannot be read`, { cause })
    }
  }
  return list
}

/** Adds each resource of `added` to `sum`, in place. */
export function addResources(sum: MutableResourceList, added: ResourceList): void {
  for (const [name, quantity] of added) {
    const present = sum.get(name)
    sum.set(name, present === undefined ? quantity : addQuantities(present, quantity))
  }
}

/** Raises each resource of `peak` to that of `other` where that is larger, in place. */
export function raiseResources(peak: MutableResourceList, other: ResourceList): void {
  for (const [name, quantity] of other) {
    const present = peak.get(name)
    if (present === undefined || compareQuantities(quantity, present) > 0) peak.set(name, quantity)
  }
}
