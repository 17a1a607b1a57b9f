/** Who runs beside whom. */

export interface Turn {
  /**
   * `node`: the machine's one real node, so no two of these run at once. `machine`: nothing runs beside it. Absent:
   * anything may.
   */
  readonly needs?: 'node' | 'machine'
}

/**
 * Runs `width` at a time, in the given order as far as their needs allow; those that need the machine come last. The
 * results are in the order of the items. Rejects with the first error, when nothing runs any more.
 */
export async function runInTurns<T extends Turn, R>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const lone = items.filter(({ needs }) => needs === 'machine')
  const waiting = items.filter((item) => !lone.includes(item))
  const running = new Set<T>()
  const results = new Map<T, R>()

  async function runNext(): Promise<void> {
    const isNodeTaken = [...running].some(({ needs }) => needs === 'node')
    const item = waiting.find(({ needs }) => needs !== 'node' || !isNodeTaken)
    // Whoever has the node goes on with the others that need it.
    if (item === undefined) return
    waiting.splice(waiting.indexOf(item), 1)
    running.add(item)
    results.set(item, await run(item).finally(() => running.delete(item)))
    await runNext()
  }

  const ends = await Promise.allSettled(Array.from({ length: width }, runNext))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  for (const item of lone) results.set(item, await run(item))
  return items.map((item) => results.get(item)!)
}
