/** The commands of one section of a document: what stands in its ```sh blocks, each block on its own. */
export function commandBlocks(markdown: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>()
  let heading = ''
  let block: string[] | undefined
  for (const line of markdown.split('\n')) {
    if (block === undefined) {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading
      if (line === '```sh') block = []
    } else if (line === '```') {
      sections.set(heading, [...(sections.get(heading) ?? []), block.join('\n')])
      block = undefined
    } else block.push(line)
  }
  return sections
}
