import { z } from 'zod'
import { patternText } from '../schema.ts'
import { secretReference } from '../secret-reference.ts'

export const pagerdutyChannel = z
  .object({
    routingKeySecretRef: secretReference().describe(
      'The Integration Key of an "Events API v2" integration: 32 characters.',
    ),
    url: patternText(/^https?:\/\/[^\s/?#@]+\/[^\s?#]*$/, 2048)
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('The Events API; with an account in the EU https://events.eu.pagerduty.com/v2/enqueue.'),
  })
  .describe('A service of PagerDuty: one incident there for each incident here, resolved when it is over.')
