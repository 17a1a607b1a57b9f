/** A CrashAlertRoute as the watcher gets it, for tests: every receiver can be used. */
import { type CrashAlertRouteSpec, crashAlertRoute } from '../../src/api/crash-alert-route.ts'
import type { ReceiverUseSpec } from '../../src/api/receiver-use.ts'
import type { ReceiverUse } from '../../src/model/alert.ts'
import type { WatchedCrashRoute } from '../../src/watchers/crash/watched-route.ts'

export const routeNamespace = 'dogwatch-system'

export function watchedRoute(spec: object, more: Partial<WatchedCrashRoute> = {}): WatchedCrashRoute {
  const whole = crashAlertRoute.spec.parse(spec) as CrashAlertRouteSpec
  const use = ({ name, namespace = routeNamespace, slack }: ReceiverUseSpec): ReceiverUse => ({
    ...{ namespace, name },
    ...(slack === undefined ? {} : { slackChannel: slack.channel }),
  })
  return {
    reference: { kind: 'CrashAlertRoute', namespace: routeNamespace, name: 'crashes', uid: 'route-uid' },
    generation: 1,
    spec: whole,
    onlyNamespace: undefined,
    lines: (whole.routes ?? []).map(({ name, namespaces, receivers }) => ({
      ...{ name, namespaces, receivers: receivers.map(use) },
    })),
    receivers: (whole.receivers ?? []).map(use),
    channelAnswer: () => 'Allowed',
    ...more,
  }
}
