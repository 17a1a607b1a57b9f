/** Who else may use a receiver, by its spec. */
import type { AlertReceiverSpec } from '../api/alert-receiver.ts'
import { matchesGlob } from '../model/glob.ts'
import { matchesLabelSelector } from '../model/label-selector.ts'
import type { Receiver } from './receivers.ts'

/** Absent: nobody. */
export function receiverSharing(share: AlertReceiverSpec['share']): Receiver['isSharedWith'] {
  if (share === undefined) return () => false
  const { names = [], selector } = share.namespaces
  const patterns = (share.slackChannels ?? []).map(withoutHash)
  const isOpenFor = (channel: string) => patterns.some((pattern) => matchesGlob(pattern, withoutHash(channel)))
  return ({ name, labels }, slackChannel) =>
    (names.length === 0 || names.includes(name)) &&
    matchesLabelSelector(selector, labels) &&
    (slackChannel === undefined || isOpenFor(slackChannel))
}

function withoutHash(channel: string): string {
  return channel.replace(/^#/, '')
}
