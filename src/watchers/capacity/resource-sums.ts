/** Sums of resources in nano units, kept up to date by adding and subtracting single objects. */
import type { ResourceList } from '../../model/resource-list.ts'

export type Sign = 1 | -1

export class ResourceSums {
  readonly #nano = new Map<string, bigint>()

  /** Zero for a resource that was never added. */
  get(resource: string): bigint {
    return this.#nano.get(resource) ?? 0n
  }

  /** Resources that were ever added, also where the sum is zero again. */
  names(): IterableIterator<string> {
    return this.#nano.keys()
  }

  change(list: ResourceList, sign: Sign): void {
    for (const [name, { nano }] of list) this.#add(name, sign === 1 ? nano : -nano)
  }

  changeBySums(sums: ResourceSums, sign: Sign): void {
    for (const [name, nano] of sums.#nano) this.#add(name, sign === 1 ? nano : -nano)
  }

  #add(name: string, nano: bigint): void {
    if (nano === 0n) return
    this.#nano.set(name, (this.#nano.get(name) ?? 0n) + nano)
  }
}
