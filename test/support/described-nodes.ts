/** Reads what `kubectl describe nodes` prints: its table of pods and its table of totals. */

export interface DescribedAmount {
  readonly text: string
  /** Absent for extended resources. */
  readonly percent: number | undefined
}

export interface DescribedNode {
  /** `namespace/name` to requests and limits, in the order of the table. */
  readonly pods: Map<string, { readonly cpu: readonly string[]; readonly memory: readonly string[] }>
  /** Resource to its line under "Allocated resources". */
  readonly totals: Map<string, { readonly requests: DescribedAmount; readonly limits: DescribedAmount }>
}

export function parseNodeDescriptions(text: string): Map<string, DescribedNode> {
  const sections = text.split(/^Name: +/m).slice(1)
  return new Map(sections.map((section) => [section.split('\n')[0]!.trim(), parseNode(section)]))
}

function parseNode(section: string): DescribedNode {
  const lines = section.split('\n')
  const podRows = tableAfter(lines, /^Non-terminated Pods:/).map((line) => line.split(/\s{2,}/))
  const pods = podRows.map(([namespace, name, ...amounts]): [string, { cpu: string[]; memory: string[] }] => {
    const [cpuRequests, cpuLimits, memoryRequests, memoryLimits] = amounts.map((cell) => cell.split(' ')[0]!)
    return [`${namespace}/${name}`, { cpu: [cpuRequests!, cpuLimits!], memory: [memoryRequests!, memoryLimits!] }]
  })
  const totals = tableAfter(lines, /^Allocated resources:/).map((line) => {
    const [resource, requests, limits] = line.split(/\s{2,}/)
    return [resource!, { requests: parseAmount(requests!), limits: parseAmount(limits!) }] as const
  })
  return { pods: new Map(pods), totals: new Map(totals) }
}

/** The rows below the line of dashes. */
function tableAfter(lines: readonly string[], title: RegExp): string[] {
  const start = lines.findIndex((line) => title.test(line))
  const dashes = lines.findIndex((line, i) => i > start && /^ +-{3}/.test(line))
  const end = lines.findIndex((line, i) => i > dashes && !line.startsWith('  '))
  return lines.slice(dashes + 1, end === -1 ? undefined : end).map((line) => line.trim())
}

function parseAmount(cell: string): DescribedAmount {
  const match = /^(\S+)(?: \((-?\d+)%\))?$/.exec(cell)
  if (match === null) throw new Error(`"${cell}" is not an amount`)
  return { text: match[1]!, percent: match[2] === undefined ? undefined : Number(match[2]) }
}
