/** How a policy names a receiver. */
import { z } from 'zod'
import { dnsLabel, dnsSubdomain, text } from './schema.ts'

export const receiverUse = z.object({
  name: dnsSubdomain().describe('Name of the AlertReceiver.'),
  namespace: dnsLabel().optional().describe("Namespace of the AlertReceiver. Absent: the policy's own."),
  slack: z
    .object({ channel: text(80).describe('The Slack channel, such as #capacity.') })
    .optional()
    .describe("For a Slack receiver: another channel than the receiver's own."),
})

/** A receiver as a policy names it. */
export type ReceiverUseSpec = z.output<typeof receiverUse>
