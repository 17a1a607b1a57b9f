import { z } from 'zod'
import { secretReference } from '../secret-reference.ts'

export const teamsChannel = z
  .object({
    urlSecretRef: secretReference().describe(
      'The URL of a workflow that posts to a chat or channel when a Teams webhook request is received.',
    ),
  })
  .describe('A chat or channel of Microsoft Teams, through a workflow. Every word is a card of its own.')
