/** People type the beginning of an id: by id its shortest beginning that none of the others has. */
export function shortIds(ids: readonly string[], leastLetters = 6): Map<string, string> {
  const sorted = [...new Set(ids)].sort()
  const shared = (a: string, b: string | undefined) => {
    let length = 0
    while (b !== undefined && length < a.length && a[length] === b[length]) length += 1
    return length
  }
  return new Map(
    sorted.map((id, i) => {
      const needed = Math.max(shared(id, sorted[i - 1]), shared(id, sorted[i + 1])) + 1
      return [id, id.slice(0, Math.max(leastLetters, needed))]
    }),
  )
}
