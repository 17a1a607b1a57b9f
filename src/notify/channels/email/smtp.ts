/** One conversation with a mail server, through nodemailer: a connection for each mail, so none is kept and none leaks. */
import type { Socket } from 'node:net'
import type { SentMessageInfo, Transporter } from 'nodemailer'
import type { composeMail } from './compose-mail.ts'
import { openConnection } from './connect.ts'
import { type MailError, wordsOf } from './failures.ts'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  readonly security: 'StartTLS' | 'TLS' | 'None'
  readonly allowLocalReceivers: boolean
}

export interface SmtpSecrets {
  readonly login: { readonly user: string; readonly pass: string } | undefined
  /** PEM. */
  readonly authority: string | undefined
}

/** What happened, for whoever must explain a failure. */
export interface Progress {
  /** The server was told that the message begins: from here on it may have it. */
  isWritten: boolean
}

/** Shorter than the delivery's deadline, so that the failure says what was waited for. */
const stepTimeoutMs = 8_000

export interface Conversation {
  readonly server: SmtpServer
  readonly secrets: SmtpSecrets
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Who did not get it although others did, each with the server's words. Rejects with an error of nodemailer or of the socket. */
export function sendMail(mail: ReturnType<typeof composeMail>, conversation: Conversation): Promise<string[]> {
  return within(conversation, async (transporter) => {
    const info: SentMessageInfo = await transporter.sendMail({ ...mail, signal: conversation.signal } as typeof mail)
    const errors = (info.rejectedErrors ?? []) as (MailError & { recipient?: string })[]
    return errors.map((error) => `${error.recipient ?? '?'} (${wordsOf(error, secretTexts(conversation.secrets))})`)
  })
}

/** Connects and logs in, sends nothing. */
export function verifyServer(conversation: Conversation): Promise<void> {
  return within(conversation, async (transporter) => {
    await transporter.verify()
  })
}

export function secretTexts({ login }: SmtpSecrets): string[] {
  return login === undefined ? [] : [login.pass, Buffer.from(login.pass).toString('base64')]
}

async function within<T>(conversation: Conversation, talk: (transporter: Transporter) => Promise<T>): Promise<T> {
  const { server, signal } = conversation
  const { createTransport } = await import('nodemailer')
  const socket = await openConnection({ ...server, signal })
  const giveUp = () => socket.destroy()
  signal.addEventListener('abort', giveUp, { once: true })
  const transporter = createTransport(transportOptions(conversation, socket))
  try {
    return await talk(transporter as unknown as Transporter)
  } finally {
    signal.removeEventListener('abort', giveUp)
    transporter.close()
    socket.destroySoon()
  }
}

function transportOptions({ server, secrets, progress }: Conversation, connection: Socket) {
  const { host, port, security } = server
  const { login, authority } = secrets
  return {
    ...{ host, port, connection, secure: security === 'TLS' },
    ...{ requireTLS: security === 'StartTLS', ignoreTLS: security === 'None' },
    tls: { minVersion: 'TLSv1.2' as const, ...(authority === undefined ? {} : { ca: authority }) },
    // Without forceAuth a server that offers no login would get the mail without one.
    ...(login === undefined ? {} : { auth: login, forceAuth: true }),
    ...{ connectionTimeout: stepTimeoutMs, greetingTimeout: stepTimeoutMs, socketTimeout: stepTimeoutMs },
    ...{ dnsTimeout: stepTimeoutMs, socketCloseTimeout: 0 },
    ...{ disableFileAccess: true, disableUrlAccess: true, transactionLog: true, logger: observer(progress) },
  }
}

/** nodemailer tells its logger each command as it sends it. */
function observer(progress: Progress) {
  const note = (entry: { tnx?: string }, text?: string) => {
    if (entry.tnx === 'client' && text === 'DATA') progress.isWritten = true
  }
  const ignore = () => undefined
  return { trace: ignore, debug: note, info: ignore, warn: ignore, error: ignore, fatal: ignore, level: ignore }
}
