/** Breaks at blanks; what goes on is indented by two more than the line. A word that is too long stays whole. */
export function wrapLine(line: string, width: number): string[] {
  const indent = line.length - line.trimStart().length
  if (line.length <= width) return [line]
  const cut = line.lastIndexOf(' ', width)
  if (cut <= indent) return [line]
  return [line.slice(0, cut), ...wrapRest(line.slice(cut + 1), { width, indent: indent + 2 })]
}

function wrapRest(rest: string, { width, indent }: { width: number; indent: number }): string[] {
  const line = ' '.repeat(indent) + rest
  const cut = line.length <= width ? -1 : line.lastIndexOf(' ', width)
  if (cut <= indent) return [line]
  return [line.slice(0, cut), ...wrapRest(line.slice(cut + 1), { width, indent })]
}
