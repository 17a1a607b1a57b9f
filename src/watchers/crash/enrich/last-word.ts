/** The last word of a container whose log nobody may have: only where it cannot be the end of that log. */
import type { EnrichPart } from './part.ts'
import { containerOf } from './pod-object.ts'

/** The kubelet takes the end of the log where the container left no last word; the message does not say which it is. */
const takesLog = 'FallbackToLogsOnError'

export const lastWord: EnrichPart = {
  what: 'last word',
  withinMs: 5_000,
  isFor: ({ sighting: { message = '' }, logs }) => logs === undefined && message !== '',
  find: async ({ podNow, sighting: { container, message } }) => {
    const found = containerOf(await podNow(), container?.name ?? '')
    if (message !== undefined && found !== undefined && found.terminationMessagePolicy !== takesLog) return { message }
    return { missing: ['it may be the end of the log, and a route lets none out (logs.mode: None)'] }
  },
}
