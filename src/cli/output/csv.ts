import { plainText } from '../../model/plain-text.ts'

/**
 * RFC 4180, with newlines instead of carriage returns. Nothing in it is obeyed: neither by a terminal nor, where a text begins like
 * a formula, by a spreadsheet, for which an apostrophe comes before it.
 */
export function formatCsv(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headers, ...rows].map((row) => `${row.map(quote).join(',')}\n`).join('')
}

function quote(value: string): string {
  const plain = plainText(value)
  const text = /^[=+\-@\t]/.test(plain) && !isNumber(plain) ? `'${plain}` : plain
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function isNumber(text: string): boolean {
  return /^[-+]?\d+(\.\d+)?$/.test(text)
}
