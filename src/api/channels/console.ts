import { z } from 'zod'

export const consoleChannel = z
  .object({})
  .describe("The operator's own output: kubectl logs shows each message. Write it as console: {}.")
