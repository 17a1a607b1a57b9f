import { z } from 'zod'
import { patternText, rule } from '../schema.ts'
import { secretReference } from '../secret-reference.ts'

/** `#name`, or the id that Slack shows. */
export const slackChannelPattern = /^(#[^\s#@<>,"']{1,80}|[CGD][A-Z0-9]{8,20})$/

const fields = z.object({
  tokenSecretRef: secretReference()
    .optional()
    .describe(
      'A bot token, xoxb-..., with the scope chat:write. One message for each incident, updated and replied to in its thread.',
    ),
  urlSecretRef: secretReference()
    .optional()
    .describe(
      'The URL of an incoming webhook, instead of a token: every word is a message of its own, in its channel.',
    ),
  channel: patternText(slackChannelPattern, 81)
    .optional()
    .describe(
      'With a token: where to post, as #name or as the id that Slack shows below "About". A policy may name another.',
    ),
  alsoToChannel: z
    .boolean()
    .default(false)
    .describe('With a token. True: new alerts and reminders also show in the channel, not in the thread alone.'),
  apiURL: patternText(/^https?:\/\/[^\s?#]+\/$/, 256)
    .default('https://slack.com/api/')
    .describe('With a token: the Web API, for GovSlack https://slack-gov.com/api/.'),
})

const oneCredential = rule(fields, {
  cel: 'has(self.tokenSecretRef) != has(self.urlSecretRef)',
  holds: ({ tokenSecretRef, urlSecretRef }) => (tokenSecretRef === undefined) !== (urlSecretRef === undefined),
  message: 'set exactly one of tokenSecretRef, urlSecretRef',
})

export const slackChannel = rule(oneCredential, {
  cel: 'has(self.tokenSecretRef) == has(self.channel)',
  holds: ({ tokenSecretRef, channel }) => (tokenSecretRef === undefined) === (channel === undefined),
  message: 'name a channel with a token, and none with an incoming webhook: that one has its own',
}).describe('A channel of Slack, by a bot token or by an incoming webhook.')
