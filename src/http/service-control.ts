/** Stopping and starting all judgement and all messages, as clients of the capacity watcher before Dogwatch know it. */
import { z } from 'zod'
import { capacityPolicy } from '../api/capacity-policy.ts'
import { apiGroup } from '../api/kind.ts'
import { defineRoute } from './api-route.ts'

export interface ServiceParts {
  readonly service: {
    /** Set: the operator watches this namespace alone. */
    readonly watchNamespace: string | undefined
    isStopped(): boolean
    /** Resolves when it is so and written down: it holds over restarts. */
    setStopped(isStopped: boolean): Promise<void>
  }
}

export const serviceAnswer = z.object({ data: z.string().describe('What happened, or how it is.') })

interface SwitchWords {
  readonly verb: 'start' | 'stop'
  readonly summary: string
  readonly done: string
  readonly already: string
}

/** Whoever may suspend every policy may do it at once. */
export function createServiceSwitch({ verb, summary, done, already }: SwitchWords) {
  return defineRoute<ServiceParts>()({
    method: 'POST',
    path: `/service/${verb}`,
    isAlsoAtRoot: true,
    summary,
    rights: 'patch CapacityPolicies in every namespace (where the operator watches one alone: in that one).',
    answer: serviceAnswer,
    needsLeader: true,
    handle: async (_input, { parts, access }) => {
      const { watchNamespace: namespace } = parts.service
      await access.require({ verb: 'patch', group: apiGroup, resource: capacityPolicy.plural, namespace })
      const isStopped = verb === 'stop'
      if (parts.service.isStopped() === isStopped) return { data: already }
      await parts.service.setStopped(isStopped)
      return { data: done }
    },
  })
}
