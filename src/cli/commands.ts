import type { CliCommand } from './command.ts'
import { capacityCommand } from './commands/capacity.ts'
import { convertCommand } from './commands/convert.ts'
import { policyCommand } from './commands/policy.ts'
import { versionCommand } from './commands/version.ts'

/** The commands of the program, in the order in which its help shows them. A new one: one file and one line here. */
export const commands: readonly CliCommand[] = [capacityCommand, policyCommand, convertCommand, versionCommand]
