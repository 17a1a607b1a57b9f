import type { EnrichPart } from './part.ts'
import { previousLog } from './previous-log.ts'

/** All that is found out about a crash; what the first ones find is told first. */
export const enrichParts: readonly EnrichPart[] = [previousLog]
