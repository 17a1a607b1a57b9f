/**
 * What Slack's error codes mean for a delivery, and what to do. The codes are those that
 * https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours list.
 */
import type { DeliveryFailure, FailedDelivery } from '../../notifier.ts'

interface Meaning {
  readonly reason: DeliveryFailure
  readonly retry: boolean
  readonly advice: string
  /** Slack may have done it all the same. */
  readonly mayHaveArrived?: true
}

const newToken: Meaning = {
  reason: 'auth',
  retry: false,
  advice: 'put a bot token (xoxb-...) of an installed app into the Secret',
}
const invite: Meaning = { reason: 'client', retry: false, advice: 'invite the app: /invite @app in the channel' }
const ownFault: Meaning = { reason: 'server', retry: true, advice: 'Slack failed', mayHaveArrived: true }
const migration: Meaning = { reason: 'server', retry: true, advice: 'the workspace is being moved' }
const forbidden: Meaning = { reason: 'client', retry: false, advice: 'ask who administers the workspace' }

const meanings: Readonly<Record<string, Meaning>> = {
  invalid_auth: newToken,
  not_authed: newToken,
  account_inactive: newToken,
  token_revoked: newToken,
  token_expired: newToken,
  not_allowed_token_type: newToken,
  missing_scope: { reason: 'auth', retry: false, advice: 'add the scope to the app and install it again' },
  no_permission: { reason: 'auth', retry: false, advice: 'invite the app to the channel, or give it the right' },
  ekm_access_denied: { reason: 'auth', retry: false, advice: 'ask who administers the workspace' },
  accesslimited: { reason: 'auth', retry: false, advice: 'Slack does not let this network in' },
  channel_not_found: {
    reason: 'client',
    retry: false,
    advice: 'correct the name; a private channel is found once the app is invited to it',
  },
  not_in_channel: invite,
  is_archived: { reason: 'client', retry: false, advice: 'name a channel that is not archived' },
  restricted_action: forbidden,
  restricted_action_read_only_channel: forbidden,
  restricted_action_thread_only_channel: forbidden,
  restricted_action_non_threadable_channel: forbidden,
  file_uploads_disabled: forbidden,
  storage_limit_reached: { reason: 'client', retry: false, advice: "the workspace's room for files is full" },
  ratelimited: { reason: 'rateLimited', retry: true, advice: 'Slack asks for fewer messages' },
  rate_limited: { reason: 'rateLimited', retry: true, advice: 'Slack asks for fewer messages' },
  fatal_error: ownFault,
  internal_error: ownFault,
  service_unavailable: ownFault,
  update_failed: ownFault,
  request_timeout: { reason: 'server', retry: true, advice: 'Slack did not get all of the request' },
  org_login_required: migration,
  team_added_to_org: migration,
  external_channel_migrating: migration,
}

/** `needed`: the scope that Slack misses. */
export function failureOfCode(code: string, needed: string | undefined): FailedDelivery {
  const { reason, retry, advice, mayHaveArrived } = meanings[code] ?? unknownCode
  const scope = needed === undefined ? '' : ` (${needed})`
  const message = `Slack says ${/^[a-z_]{1,60}$/.test(code) ? code : 'something that is no error code'}${scope}: ${advice}`
  return { sent: false, retry, reason, message, ...(mayHaveArrived === undefined ? {} : { mayHaveArrived }) }
}

const unknownCode: Meaning = {
  reason: 'client',
  retry: false,
  advice: 'https://docs.slack.dev/reference/methods/chat.postMessage says what it means',
}
