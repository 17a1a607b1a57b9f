/** What is kept by incident, found by workload too: an event of one pod concerns few of many. */
export class WorkloadIndex<T> {
  readonly #all = new Map<string, T>()
  readonly #keysOf = new Map<string, Set<string>>()

  get(key: string): T | undefined {
    return this.#all.get(key)
  }

  /** `key` is that of an incident. */
  set(key: string, value: T): void {
    this.#all.set(key, value)
    const workload = workloadOfKey(key)
    const keys = this.#keysOf.get(workload)
    if (keys === undefined) this.#keysOf.set(workload, new Set([key]))
    else keys.add(key)
  }

  delete(key: string): void {
    const workload = workloadOfKey(key)
    const keys = this.#keysOf.get(workload)
    keys?.delete(key)
    if (keys?.size === 0) this.#keysOf.delete(workload)
    this.#all.delete(key)
  }

  clear(): void {
    this.#all.clear()
    this.#keysOf.clear()
  }

  keys(): IterableIterator<string> {
    return this.#all.keys()
  }

  values(): T[] {
    return [...this.#all.values()]
  }

  /** Those of some workloads. */
  valuesOf(workloads: readonly string[]): T[] {
    const keys = workloads.flatMap((workload) => [...(this.#keysOf.get(workload) ?? [])])
    return keys.flatMap((key) => this.#all.get(key) ?? [])
  }
}

/** An incident's key is its workload's and the container, which no slash is in. */
function workloadOfKey(key: string): string {
  return key.slice(0, key.lastIndexOf('/'))
}
