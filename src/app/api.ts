/** The API for people, put together: where its certificate comes from, who is asked for rights, what the routes work on. */
import type { Clock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { Logger } from '../base/log.ts'
import { AccessReviewer } from '../http/access.ts'
import { type ApiParts, apiRoutes } from '../http/api-routes.ts'
import { type Leadership, startApiServer } from '../http/api-server.ts'
import { Authenticator } from '../http/authenticator.ts'
import { answeringWithin, type ReadableHistory } from '../http/crash-source.ts'
import { TokenReviewer } from '../http/identity/bearer-token.ts'
import { FrontProxyReader } from '../http/identity/front-proxy-settings.ts'
import { KubeObjects } from '../http/kube-objects.ts'
import type { ListenAddress } from '../http/listen.ts'
import { type CertificateFiles, CertificateWatch, readCertificate } from '../http/tls/certificate-files.ts'
import { createSelfSignedCertificate } from '../http/tls/self-signed.ts'
import type { KubeClient } from '../kube/client.ts'
import { leaseHolder } from '../kube/lease.ts'
import type { NotificationLog } from '../store/notification-log.ts'
import { certificateFiles } from './option-rules.ts'
import type { OperatorOptions } from './options.ts'
import type { WorkForPeople } from './work-for-people.ts'

export interface ApiOptions {
  readonly options: OperatorOptions
  readonly client: KubeClient
  readonly log: NotificationLog
  readonly crashes: ReadableHistory
  readonly clock: Clock
  readonly logger: Logger
  readonly lifecycle: Lifecycle
  /** Undefined until there is any. */
  readonly work: () => WorkForPeople | undefined
  readonly isLeading: () => boolean
}

/** Two questions to it have to fit into the time that a request has. */
const historyWithinMs = 6_000

/** Rejects with INVALID_OPTION when the address or the certificate cannot be used. */
export async function startApi(options: ApiOptions, listen: ListenAddress): Promise<void> {
  const { client, clock, logger, lifecycle } = options
  const files = certificateFiles(options.options)
  const certificate = files ? await readCertificate(files) : ownCertificate(options)
  const frontProxy = new FrontProxyReader({ client, clock, logger })
  const server = await startApiServer({
    ...{ listen, certificate, clock, logger, routes: apiRoutes, parts: partsOf(options) },
    authenticator: new Authenticator({ clock, tokens: new TokenReviewer({ client, clock }), frontProxy }),
    access: new AccessReviewer({ client, clock }),
    leadership: leadershipOf(options),
    allowsGetAtRoot: options.options.serviceGet,
  })
  lifecycle.onStop('api server', () => server.close())
  if (files !== undefined) watchFiles(options, files, { certificate, onChange: (next) => server.exchange(next) })
  logger.info({ component: 'api', port: server.port }, 'The API is served')
}

function ownCertificate({ options, clock }: ApiOptions) {
  const service = `dogwatch-api.${options.namespace}.svc`
  return createSelfSignedCertificate([service, 'localhost', '127.0.0.1'], clock.nowMs())
}

interface CertificateUse {
  readonly certificate: Awaited<ReturnType<typeof readCertificate>>
  readonly onChange: (next: Awaited<ReturnType<typeof readCertificate>>) => void
}

function watchFiles({ clock, logger, lifecycle }: ApiOptions, files: CertificateFiles, use: CertificateUse): void {
  const watch = new CertificateWatch({ files, clock, logger, onChange: use.onChange }, use.certificate)
  lifecycle.onStop('api certificate', () => watch.stop())
}

function leadershipOf({ options, client, isLeading }: ApiOptions): Leadership {
  const place = { namespace: options.namespace, name: 'dogwatch' }
  return { isLeading, leader: (signal) => leaseHolder(client, place, signal) }
}

function partsOf({ options, client, log, crashes, clock, work }: ApiOptions): ApiParts {
  const objects = new KubeObjects({ client, watchNamespace: options.watchNamespace })
  return {
    alerts: {
      openAlerts: () => work()?.openAlerts(),
      history: log,
      acknowledge: async (id, acknowledged) => work()?.acknowledge(id, acknowledged),
    },
    receivers: { test: async (reference, signal) => work()?.testReceiver(reference, signal) },
    crashes: answeringWithin(crashes, clock, historyWithinMs),
    objects,
    changes: objects,
    creations: objects,
    service: {
      watchNamespace: options.watchNamespace,
      isStopped: () => work()?.isStopped === true,
      setStopped: async (isStopped) => work()?.setStopped(isStopped),
    },
  }
}
