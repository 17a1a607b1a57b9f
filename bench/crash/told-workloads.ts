import type { RecordedMessage } from '../notify/recorder.ts'

interface Payload {
  readonly reason: string
  readonly incident: string
  readonly firing: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

export interface ToldWorkloads {
  readonly workloads: number
  readonly messages: number
  /** The most that one workload was named in as something new. */
  readonly mostFirst: number
}

/** Of which workloads messages speak, as `namespace/name`, and how often one of them came as something new. Pure. */
export function toldWorkloads(messages: readonly RecordedMessage[]): ToldWorkloads {
  const firsts = new Map<string, number>()
  for (const { body } of messages) {
    const { reason, firing } = JSON.parse(body) as Payload
    const named = new Set(firing.map(({ labels }) => `${labels.namespace}/${labels.workload}`))
    for (const workload of named) firsts.set(workload, (firsts.get(workload) ?? 0) + Number(reason === 'first'))
  }
  return { workloads: firsts.size, messages: messages.length, mostFirst: Math.max(0, ...firsts.values()) }
}
