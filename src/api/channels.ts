/**
 * The ways out. A new channel is one file in `channels/` and one line here; the compiler then asks for its sender
 * wherever `ChannelKind` is listed.
 */
import type { z } from 'zod'
import { alertmanagerChannel } from './channels/alertmanager.ts'
import { consoleChannel } from './channels/console.ts'
import { emailChannel } from './channels/email.ts'
import { fileChannel } from './channels/file.ts'
import { pagerdutyChannel } from './channels/pagerduty.ts'
import { slackChannel } from './channels/slack.ts'
import { teamsChannel } from './channels/teams.ts'
import { webhookChannel } from './channels/webhook.ts'

export const channels = {
  console: consoleChannel.optional(),
  file: fileChannel.optional(),
  slack: slackChannel.optional(),
  email: emailChannel.optional(),
  webhook: webhookChannel.optional(),
  alertmanager: alertmanagerChannel.optional(),
  pagerduty: pagerdutyChannel.optional(),
  teams: teamsChannel.optional(),
} as const satisfies Record<string, z.ZodOptional<z.ZodObject>>

export type ChannelKind = keyof typeof channels
export const channelKinds = Object.keys(channels) as ChannelKind[]

/** What a receiver says about one channel, defaults filled in. */
export type ChannelSpec<K extends ChannelKind> = NonNullable<z.output<(typeof channels)[K]>>
