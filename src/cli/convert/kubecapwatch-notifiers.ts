/** Where it is told. A notifier is one file's function here and one line in the list below. */
import type { Converted, MissingSecret, SettingFate } from './conversion.ts'
import { defaultSection, type IniFile } from './ini-file.ts'
import { listOf } from './kubecapwatch-policy.ts'

export interface ConvertedReceiver {
  readonly name: string
  readonly spec: object
}

export interface Notifiers {
  readonly receivers: readonly ConvertedReceiver[]
  readonly secrets: readonly MissingSecret[]
}

/** One notifier: its receiver, if one can be made, and what became of its own settings. */
interface Notifier extends Converted<ConvertedReceiver | undefined> {
  readonly secrets?: readonly MissingSecret[]
}

type NotifierName = 'console' | 'slack' | 'email' | 'logger'

const notifiers: Record<NotifierName, (file: IniFile, namespace: string) => Notifier> = {
  console: () => ({ value: { name: 'kubecapwatch-console', spec: { console: {} } }, settings: [] }),
  slack: convertSlack,
  email: convertEmail,
  logger: convertLogger,
}

export function convertNotifiers(file: IniFile, namespace: string): Converted<Notifiers> {
  const written = file.find(defaultSection, 'notifiers')?.value
  const entries = listOf(written ?? 'console')
  const names = (Object.keys(notifiers) as NotifierName[]).filter((name) => entries.includes(name))
  const used = names.map((name) => notifiers[name](file, namespace))
  const idle = (Object.keys(notifiers) as NotifierName[]).filter((name) => !names.includes(name))
  return {
    value: {
      receivers: used.flatMap(({ value }) => value ?? []),
      secrets: used.flatMap(({ secrets }) => secrets ?? []),
    },
    settings: [
      ...(written === undefined ? [] : [fateOfNotifiers(written, entries, names)]),
      ...used.flatMap(({ settings }) => settings),
      ...idle.flatMap((name) => notifiers[name](file, namespace).settings.map((fate) => unused(fate, name))),
    ],
    advice: used.flatMap(({ advice }) => advice ?? []),
  }
}

function fateOfNotifiers(written: string, entries: readonly string[], names: readonly string[]): SettingFate {
  const strangers = entries.flatMap((entry, i) => (names.includes(entry) ? [] : [`entry ${i + 1}`]))
  const ignored = strangers.length === 0 ? [] : [`${strangers.join(', ')}: none of console, slack, email, logger`]
  const hasBlank = /,\s|\s,/.test(written)
  const missed = hasBlank ? ['KubeCapWatch ignored entries with a blank beside the comma'] : []
  const difference = [...ignored, ...missed].join('; ')
  const text =
    names.length === 0
      ? "no receiver: alerts go to the operator's output and to Events on the policy"
      : `an AlertReceiver each, named in spec.receivers: ${names.join(', ')}`
  return {
    ...{ section: defaultSection, key: 'notifiers', fate: 'converted', text },
    ...(difference === '' ? {} : { difference }),
  }
}

function unused({ section, key }: SettingFate, name: NotifierName): SettingFate {
  return { section, key, fate: 'dropped', text: `notifiers does not name ${name}` }
}

/** The fate of a setting that is written, in the section that it is written in. */
function fateOf(
  file: IniFile,
  { section, key }: { section: string; key: string },
  fate: Pick<SettingFate, 'fate' | 'text' | 'difference'>,
): SettingFate[] {
  const found = file.find(section, key)
  return found === undefined ? [] : [{ section: found.section, key, ...fate }]
}

function convertSlack(file: IniFile, namespace: string): Notifier {
  const name = 'kubecapwatch-slack'
  const secret = { namespace, name, key: 'url', meaning: 'webhook of [slack]' }
  const hasUrl = (file.find('slack', 'webhook')?.value ?? '').trim() !== ''
  return {
    value: { name, spec: { slack: { urlSecretRef: { name, key: secret.key } } } },
    settings: [
      ...fateOf(
        file,
        { section: 'slack', key: 'webhook' },
        {
          fate: 'converted',
          text: `Secret ${name}, key ${secret.key}: store it with the command below; it is not in the manifests`,
        },
      ),
      ...fateOf(
        file,
        { section: 'slack', key: 'username' },
        {
          fate: 'dropped',
          text: "messages carry the name of the webhook's app; the operator's --cluster-name says which cluster they are about",
        },
      ),
    ],
    secrets: [hasUrl ? secret : { ...secret, meaning: 'URL of an incoming webhook; config.ini has none' }],
  }
}

const mailAddress = /^[^\s@<>,;:"\\()[\]]+@[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/
const mailServer = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)(?::(\d{1,5}))?$/i

/** KubeCapWatch's file spells two keys in one way and its program in another; it then took its own defaults. */
function convertEmail(file: IniFile): Notifier {
  const server = either(file, ['smpt_server', 'smtp_server'])
  const address = either(file, ['email_address', 'email-address'])
  const subject = file.find('email', 'subject')
  const to = [...new Set(listOf(address?.value ?? '').filter((entry) => mailAddress.test(entry)))].slice(0, 20)
  const ownTitle = titleOf(subject?.value)
  const settings = [
    ...misspelled(file, ['smpt_server', 'smtp_server'], 'spec.email.host'),
    ...misspelled(file, ['email_address', 'email-address'], 'spec.email.from and to'),
    ...fateOf(file, { section: 'email', key: 'subject' }, subjectFate(ownTitle)),
  ]
  if (to.length === 0) {
    const text = 'no receiver for email: config.ini has no address that could be one; write an AlertReceiver with email'
    return {
      value: undefined,
      settings: settings.map(({ section, key }) => ({ section, key, fate: 'dropped', text })),
      advice: [text],
    }
  }
  const { host, port, advice } = hostOf(server?.value)
  const email = { host, ...(port === undefined ? {} : { port }), security: 'None', from: to[0]!, to }
  const template = ownTitle === undefined ? {} : { template: { title: ownTitle } }
  return {
    value: { name: 'kubecapwatch-email', spec: { email, ...template } },
    settings,
    advice: [
      ...advice,
      'mail goes out unencrypted and without a login, as before: where the server can do better, leave out spec.email.security and set spec.email.auth',
    ],
  }
}

function either(file: IniFile, keys: readonly [read: string, written: string]) {
  return file.find('email', keys[0]) ?? file.find('email', keys[1])
}

function misspelled(file: IniFile, [read, written]: readonly [string, string], text: string): SettingFate[] {
  const isRead = file.find('email', read) !== undefined
  const ignored = `KubeCapWatch looked for ${read} and ignored this one`
  return [
    ...fateOf(file, { section: 'email', key: read }, { fate: 'converted', text }),
    ...fateOf(
      file,
      { section: 'email', key: written },
      isRead ? { fate: 'dropped', text: ignored } : { fate: 'converted', text, difference: ignored },
    ),
  ]
}

/** Before the words of each alert: a subject that is always the same says nothing at night. */
function titleOf(subject: string | undefined): string | undefined {
  const text = subject?.replaceAll(/\s+/g, ' ').trim() ?? ''
  return text === '' || text.includes('{{') || text.length > 200 ? undefined : `${text}: {{title}}`
}

function subjectFate(title: string | undefined): Pick<SettingFate, 'fate' | 'text' | 'difference'> {
  if (title === undefined) return { fate: 'dropped', text: 'it is empty, too long or has {{ in it' }
  return { fate: 'converted', text: 'spec.template.title', difference: 'what the alert says follows it' }
}

const ownHosts = ['localhost', '127.0.0.1']

function hostOf(written: string | undefined): { host: string; port?: number; advice: string[] } {
  const match = mailServer.exec(written?.trim() ?? 'localhost')
  const host = match?.[1]?.toLowerCase() ?? 'localhost'
  const port = match?.[4] === undefined ? {} : { port: Number(match[4]) }
  const isOwn = match === null || ownHosts.includes(host)
  const advice =
    "spec.email.host is not a mail server yet: write yours before you apply; at localhost the operator's pod has none"
  return { host, ...port, advice: isOwn ? [advice] : [] }
}

function convertLogger(file: IniFile): Notifier {
  const written = file.find('logger', 'logfile')?.value ?? 'log.txt'
  const name = written
    .split(/[/\\]/)
    .at(-1)!
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
  const path = name === '' ? 'log.txt' : name.slice(0, 128)
  return {
    value: { name: 'kubecapwatch-log', spec: { file: { path } } },
    settings: fateOf(
      file,
      { section: 'logger', key: 'logfile' },
      {
        fate: 'converted',
        text: 'spec.file.path',
        difference: "it lies on the operator's volume, and is kept: KubeCapWatch began it anew with every report",
      },
    ),
  }
}
