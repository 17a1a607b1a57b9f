import { z } from 'zod'
import { byteSize, patternText } from '../schema.ts'

export const fileChannel = z
  .object({
    path: patternText(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 128)
      .optional()
      .describe(
        "The file, inside the folder that the operator keeps for the receiver's namespace. Absent: the receiver's name with .log.",
      ),
    maxBytes: byteSize({ min: '64Ki', max: '1Gi' })
      .default('10Mi')
      .describe('Bytes, such as 512Ki or 10Mi. A file that would grow past this is set aside and a new one is begun.'),
    maxFiles: z
      .int()
      .min(1)
      .max(20)
      .default(5)
      .describe('How many files to keep, the one being written included; the oldest is deleted.'),
  })
  .describe("A file on the operator's volume. Write it as file: {} to take the defaults.")
