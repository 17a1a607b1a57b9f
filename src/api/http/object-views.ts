/** Dogwatch's objects as the API shows them, and what becomes of a test message. */
import { z } from 'zod'

export const objectView = z.object({
  namespace: z.string(),
  name: z.string(),
  ready: z.enum(['True', 'False', 'Unknown']).describe('Whether it works; Unknown: nobody has looked at it yet.'),
  reason: z.string().describe('Why, in one word.'),
  message: z.string().describe('Why, in words.'),
})

export type ObjectView = z.output<typeof objectView>

export const receiverView = objectView.extend({
  channel: z.string().optional().describe('The kind of channel.'),
  usedBy: z.int().optional().describe('Policies that name it.'),
  lastDeliveryAt: z.string().optional().describe('RFC 3339; at most five minutes old.'),
})

export const receiverListView = z.object({ receivers: z.array(receiverView) })

export const receiverTestView = z.object({
  sent: z.boolean(),
  reason: z.string().optional().describe('Why it was not taken.'),
  message: z.string(),
})
