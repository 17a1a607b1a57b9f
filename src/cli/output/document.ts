import { escapedJson, isPlain } from '../../model/harmless-text.ts'

/**
 * The whole result as data, with nothing in it that a terminal obeys: such characters stand as escapes. Two blanks of indent and
 * a newline at the end, as kubectl writes it; YAML has the same shape.
 */
export async function formatDocument(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${escapedJson(JSON.stringify(value, undefined, 2))}\n`
  const { Document, visit } = await import('yaml')
  const document = new Document(value, { aliasDuplicateObjects: false })
  // Only between double quotes can a character be escaped.
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && !isPlain(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return escapedJson(document.toString({ lineWidth: 0 }))
}
