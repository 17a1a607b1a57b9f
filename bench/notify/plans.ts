/** What the programs of these measurements are told to do: one argument in JSON. */
import { parseArgs } from 'node:util'

export interface FeedPlan {
  readonly alerts: number
  /** Alert i is of group i modulo this. */
  readonly groups: number
  /** 0: as fast as the log takes them. */
  readonly alertsPerSecond: number
  /** Where the times go at which alerts were handed over. */
  readonly timesFile: string
}

export interface PipelinePlan extends FeedPlan {
  readonly waitMs: number
  readonly intervalMs: number
  /** Webhooks, url by name. */
  readonly receivers: Readonly<Record<string, string>>
  /** The names of those that must be told of everything before the program says `told`. */
  readonly healthy: readonly string[]
  readonly dataFolder: string
}

export interface AlertmanagerPlan extends FeedPlan {
  readonly url: string
}

export function planArgument<Plan extends FeedPlan>(plan: Plan): readonly [string, string] {
  return ['--plan', JSON.stringify(plan)]
}

export function readPlan<Plan extends FeedPlan>(): Plan {
  const { values } = parseArgs({ options: { plan: { type: 'string', default: '' } } })
  return JSON.parse(values.plan) as Plan
}
