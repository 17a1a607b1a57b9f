/**
 * The one line that Slack shows where it cannot show blocks: notifications, screen readers. Slack reads it as mrkdwn, so what
 * would be a mention or a link there is made plain. Source: https://docs.slack.dev/messaging/formatting-message-text.
 */
import { cutEnd } from '../../cut.ts'
import type { Layout } from '../../layout.ts'

const longestFallback = 2_000

export function fallbackText({ word, clusterName, headline }: Layout): string {
  const cluster = clusterName === undefined ? '' : `[${clusterName}] `
  return escapeText(cutEnd(`${word}: ${cluster}${headline}`, longestFallback))
}

/** Names come from strangers: they shall call nobody. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/@(?=here\b|channel\b|everyone\b)/gi, '@\u200b')
}
