/** What people were told of crashes, by the namespace that it was in. */
import type { Alert } from '../../src/model/alert.ts'
import type { AlertRecorder } from './alert-recorder.ts'

export interface ToldCrash {
  /** `reason of container`, or `reason` of the whole. */
  readonly words: string
  /** `Deployment/web`. */
  readonly workload: string
  readonly lines: readonly string[]
  readonly log: string
  /** Of the message, such as `first`. */
  readonly reason: string
  readonly key: string
}

/** Every alert of every message about a namespace, once for each of its reasons. */
export function toldOf(recorder: AlertRecorder, namespace: string): ToldCrash[] {
  return recorder.once().flatMap(({ message }) => {
    const about = message.firing.filter((alert) => alert.rule === 'crash' && alert.labels.namespace === namespace)
    return about.flatMap((alert) => crashesOf(alert, message.reason))
  })
}

/** `Pod shop/web-1, container main: Error, then CrashLoopBackOff`. */
function crashesOf({ key, title, labels, object, lines, attachment }: Alert, reason: string): ToldCrash[] {
  const stage = title.slice(title.lastIndexOf(': ') + 2)
  const of = labels.container === undefined ? '' : ` of ${labels.container}`
  const workload = `${object.kind}/${object.name}`
  return stage.split(', then ').map((one) => {
    return { words: `${one}${of}`, workload, lines, log: attachment?.text ?? '', reason, key }
  })
}
