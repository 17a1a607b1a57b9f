import type { CliCommand } from './command.ts'
import { alertsCommand } from './commands/alerts.ts'
import { capacityCommand } from './commands/capacity.ts'
import { convertCommand } from './commands/convert.ts'
import { crashesCommand } from './commands/crashes.ts'
import { policiesCommand } from './commands/policies.ts'
import { policyCommand } from './commands/policy.ts'
import { receiversCommand } from './commands/receivers.ts'
import { routesCommand } from './commands/routes.ts'
import { silenceCommand } from './commands/silence.ts'
import { versionCommand } from './commands/version.ts'

/** The commands of the program, in the order in which its help shows them. A new one: one file and one line here. */
export const commands: readonly CliCommand[] = [
  alertsCommand,
  crashesCommand,
  silenceCommand,
  capacityCommand,
  policiesCommand,
  policyCommand,
  receiversCommand,
  routesCommand,
  convertCommand,
  versionCommand,
]
