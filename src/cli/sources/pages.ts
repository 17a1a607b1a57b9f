export interface Found<T> {
  readonly items: readonly T[]
  readonly hasMore: boolean
}

interface Page {
  readonly next?: string | undefined
}

const pageSize = 500

/** At most `limit` things of a list that is served in pages. `read` gets the query of one page. */
export async function readPages<P extends Page, T>(
  limit: number,
  read: (page: { readonly limit: number; readonly cursor: string | undefined }) => Promise<P>,
  itemsOf: (page: P) => readonly T[],
): Promise<Found<T>> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit: Math.min(pageSize, limit - items.length), cursor })
    items.push(...itemsOf(page))
    cursor = page.next
  } while (cursor !== undefined && items.length < limit)
  return { items, hasMore: cursor !== undefined }
}
