/** Keys and when each is due, the earliest first. */

interface Entry {
  readonly key: string
  readonly atMs: number
}

/** A binary heap; entries that were replaced or deleted are skipped when they come up. */
export class DueQueue {
  readonly #due = new Map<string, number>()
  #heap: Entry[] = []

  get size(): number {
    return this.#due.size
  }

  /** Replaces an earlier time of the key. */
  set(key: string, atMs: number): void {
    if (this.#due.get(key) === atMs) return
    this.#due.set(key, atMs)
    this.#push({ key, atMs })
  }

  /** Like `set`, where the key is not due earlier already. */
  setEarlier(key: string, atMs: number): void {
    if (atMs < (this.#due.get(key) ?? Number.POSITIVE_INFINITY)) this.set(key, atMs)
  }

  delete(key: string): void {
    this.#due.delete(key)
  }

  clear(): void {
    this.#due.clear()
    this.#heap = []
  }

  keys(): IterableIterator<string> {
    return this.#due.keys()
  }

  first(): Entry | undefined {
    for (let entry = this.#heap[0]; entry !== undefined; entry = this.#heap[0]) {
      if (this.#due.get(entry.key) === entry.atMs) return entry
      this.#pop()
    }
    return undefined
  }

  /** Takes out the first key that is due at this time. */
  take(nowMs: number): string | undefined {
    const entry = this.first()
    if (entry === undefined || entry.atMs > nowMs) return undefined
    this.#due.delete(entry.key)
    return entry.key
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((heap[parent] as Entry).atMs <= entry.atMs) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const child = this.#earlierChild(index)
      if (child === undefined || (heap[child] as Entry).atMs >= last.atMs) break
      heap[index] = heap[child] as Entry
      index = child
    }
    heap[index] = last
  }

  #earlierChild(index: number): number | undefined {
    const [left, right] = [2 * index + 1, 2 * index + 2]
    const heap = this.#heap
    if (left >= heap.length) return undefined
    return right < heap.length && (heap[right] as Entry).atMs < (heap[left] as Entry).atMs ? right : left
  }
}
