/** A notification log and a notifier that stop their own process at a step of a victim's first message. */
import type { Message } from '../../../src/model/message.ts'
import type { Notifier } from '../../../src/notify/notifier.ts'
import type { DeliveryRecord, LogEntry, NotificationLog } from '../../../src/store/notification-log.ts'
import { type Step, victimPrefix } from './protocol.ts'

export type Reach = (step: Step, message: Message) => void

export function createReach(dieAt: Step | undefined, sleepAt: Step | undefined): Reach {
  let hasSlept = false
  return (step, { firing, ended }) => {
    const isVictim = [...firing, ...ended].some(({ object }) => object.name.startsWith(victimPrefix))
    if (isVictim && step === dieAt) process.kill(process.pid, 'SIGKILL')
    if (!isVictim || step !== sleepAt || hasSlept) return
    hasSlept = true
    process.kill(process.pid, 'SIGSTOP')
  }
}

export function doomedNotifier(notifier: Notifier, reach: Reach): Notifier {
  return {
    ...notifier,
    notify: async (message, context) => {
      const result = await notifier.notify(message, context)
      if (result.sent) reach('after sending', message)
      return result
    },
  }
}

/** Replaces `write` of the log itself: everything else stays its own. */
export function doom(log: NotificationLog, reach: Reach): NotificationLog {
  const write = log.write.bind(log)
  log.write = async (entries, epoch) => {
    const records = entries.flatMap(deliveryOf)
    for (const one of records) if (isFirstIntent(one)) reach('before the intent', one.message)
    await write(entries, epoch)
    for (const one of records) {
      if (isFirstIntent(one)) reach('after the intent', one.message)
      if (one.state === 'sent') reach('after the result', one.message)
    }
  }
  return log
}

function deliveryOf(entry: LogEntry): DeliveryRecord[] {
  return entry.type === 'delivery' ? [entry.record] : []
}

function isFirstIntent({ state, tries, steps }: DeliveryRecord): boolean {
  return state === 'intended' && tries === 1 && Object.keys(steps).length === 0
}
