/**
 * The ways out. A new channel is one file in `channels/` and one line here; the compiler then asks for its sender
 * wherever `ChannelKind` is listed.
 */
import type { z } from 'zod'
import { consoleChannel } from './channels/console.ts'
import { fileChannel } from './channels/file.ts'

export const channels = {
  console: consoleChannel.optional(),
  file: fileChannel.optional(),
} as const satisfies Record<string, z.ZodOptional<z.ZodObject>>

export type ChannelKind = keyof typeof channels
export const channelKinds = Object.keys(channels) as ChannelKind[]

/** What a receiver says about one channel, defaults filled in. */
export type ChannelSpec<K extends ChannelKind> = NonNullable<z.output<(typeof channels)[K]>>
