/** Every route of the API, by name. A new route is one file and one line here. */
import type { AnyApiRoute, ApiContext } from './api-route.ts'
import { acknowledgeAlert } from './routes/acknowledge-alert.ts'
import { createSilence } from './routes/create-silence.ts'
import { expireSilence } from './routes/expire-silence.ts'
import { listAlerts } from './routes/list-alerts.ts'
import { listCrashes } from './routes/list-crashes.ts'
import { listPolicies } from './routes/list-policies.ts'
import { listReceivers } from './routes/list-receivers.ts'
import { listSilences } from './routes/list-silences.ts'
import { resumePolicy } from './routes/resume-policy.ts'
import { showAlert } from './routes/show-alert.ts'
import { showCrash } from './routes/show-crash.ts'
import { showCrashLog } from './routes/show-crash-log.ts'
import { showService } from './routes/show-service.ts'
import { startService } from './routes/start-service.ts'
import { stopService } from './routes/stop-service.ts'
import { suspendPolicy } from './routes/suspend-policy.ts'
import { testReceiver } from './routes/test-receiver.ts'
import { topCrashes } from './routes/top-crashes.ts'

const routes = {
  listAlerts,
  showAlert,
  acknowledgeAlert,
  listCrashes,
  topCrashes,
  showCrash,
  showCrashLog,
  listReceivers,
  testReceiver,
  listSilences,
  createSilence,
  expireSilence,
  listPolicies,
  suspendPolicy,
  resumePolicy,
  startService,
  stopService,
  showService,
} as const satisfies Record<string, AnyApiRoute>

type PartsOf<R> = R extends { handle(input: never, context: ApiContext<infer Parts>): unknown } ? Parts : never
type Together<U> = (U extends unknown ? (part: U) => void : never) extends (all: infer All) => void ? All : never

/** All that the routes work on. */
export type ApiParts = Together<PartsOf<(typeof routes)[keyof typeof routes]>>

export const apiRoutes: readonly AnyApiRoute<ApiParts>[] = Object.values(routes)
