/**
 * An object's JSON without `metadata.managedFields`, which is often half of it and the slowest part to parse: deep objects
 * with a key for every field. Cut out unparsed where the object is written as the API server writes it, with managedFields
 * last in the metadata and the spec behind it; any other text is returned whole.
 *
 * The two marks can't be met by chance: inside a JSON string their quotes would be escaped, and the keys within managedFields
 * all begin with `f:`, `k:`, `v:` or a dot.
 */
export function textWithoutManagedFields(bytes: Buffer): string {
  const from = bytes.indexOf(begin)
  const to = from < 0 ? -1 : bytes.indexOf(end, from)
  if (to < 0) return bytes.toString('utf8')
  return bytes.toString('utf8', 0, from) + bytes.toString('utf8', to + 1)
}

const begin = Buffer.from(',"managedFields":[')
const end = Buffer.from(']},"spec":')
