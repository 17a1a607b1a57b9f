/** Mail through an SMTP server: text and HTML, one thread for each incident. */
import type { ChannelSpec } from '../../../api/channels.ts'
import type { ReceiverReference } from '../../../model/alert.ts'
import type { Message } from '../../../model/message.ts'
import type { Delivery, DeliveryContext, FailedDelivery, Notifier, Preflight } from '../../notifier.ts'
import type { SecretReference, Secrets } from '../../secrets.ts'
import { composeMail, incidentAfter } from './compose-mail.ts'
import { failureOfMail } from './failures.ts'
import {
  type Conversation,
  type Progress,
  type SmtpSecrets,
  type SmtpServer,
  secretTexts,
  sendMail,
  verifyServer,
} from './smtp.ts'

export interface EmailSurroundings {
  readonly receiver: ReceiverReference
  readonly secrets: Secrets
  readonly allowLocalReceivers: boolean
}

const usualPorts = { StartTLS: 587, TLS: 465, None: 25 } as const

export function createEmailNotifier(spec: ChannelSpec<'email'>, surroundings: EmailSurroundings): Notifier {
  const channel = new EmailChannel(spec, surroundings)
  return {
    rate: { burst: 10, intervalMs: 2_000 },
    notify: (message, context) => channel.notify(message, context),
    preflight: (signal) => channel.preflight(signal),
  }
}

class EmailChannel {
  readonly #spec: ChannelSpec<'email'>
  readonly #surroundings: EmailSurroundings
  readonly #server: SmtpServer

  constructor(spec: ChannelSpec<'email'>, surroundings: EmailSurroundings) {
    const { host, security, port = usualPorts[security] } = spec
    this.#spec = spec
    this.#surroundings = surroundings
    this.#server = { host, port, security, allowLocalReceivers: surroundings.allowLocalReceivers }
  }

  notify(message: Message, { signal, incident }: DeliveryContext): Promise<Delivery> {
    const { from, to } = this.#spec
    const { namespace, name } = this.#surroundings.receiver
    const mail = composeMail(message, { from, to, listName: `${name}.${namespace}` }, incident)
    return this.#talk(signal, async (conversation): Promise<Delivery> => {
      const refused = await sendMail(mail, conversation)
      const sent = { sent: true, incident: incidentAfter(message, from, incident) } as const
      return refused.length === 0 ? sent : { ...sent, note: `${this.#name} did not take it for ${refused.join(', ')}` }
    })
  }

  async preflight(signal: AbortSignal): Promise<Preflight> {
    const { security, auth } = this.#spec
    const result = await this.#talk(signal, async (conversation): Promise<Preflight> => {
      await verifyServer(conversation)
      const encrypted = security === 'None' ? 'not encrypted' : 'encrypted'
      return {
        status: 'ok',
        message: `${this.#name} answers, ${encrypted}${auth === undefined ? '' : ', and takes the login'}`,
      }
    })
    if (!('sent' in result)) return result
    return { status: 'failed', reason: result.reason, message: result.message }
  }

  get #name(): string {
    return `${this.#server.host}:${this.#server.port}`
  }

  async #talk<T>(signal: AbortSignal, say: (conversation: Conversation) => Promise<T>): Promise<T | FailedDelivery> {
    const progress: Progress = { isWritten: false }
    let secrets: SmtpSecrets = { login: undefined, authority: undefined }
    try {
      secrets = await this.#readSecrets(signal)
      return await say({ server: this.#server, secrets, progress, signal })
    } catch (error) {
      const trouble = { server: this.#name, isWritten: progress.isWritten, secrets: secretTexts(secrets) }
      const failure = failureOfMail(error, trouble)
      if (failure.reason === 'auth') for (const one of this.#loginReferences) this.#surroundings.secrets.refused(one)
      return failure
    }
  }

  async #readSecrets(signal: AbortSignal): Promise<SmtpSecrets> {
    const { auth, caSecretRef } = this.#spec
    const read = (reference: SecretReference) => this.#surroundings.secrets.read(reference, signal)
    return {
      login: auth && { user: await read(auth.usernameSecretRef), pass: await read(auth.passwordSecretRef) },
      authority: caSecretRef && (await read(caSecretRef)),
    }
  }

  get #loginReferences(): SecretReference[] {
    const { auth } = this.#spec
    return auth === undefined ? [] : [auth.usernameSecretRef, auth.passwordSecretRef]
  }
}
