/** What a thread has to say now: the alerts that it may speak of, the decision, and the message. Pure but for new ids. */
import { randomUUID } from 'node:crypto'
import type { Alert, Grouping } from '../model/alert.ts'
import type { Message } from '../model/message.ts'
import type { AlertRecord, DeliveryRecord, ThreadRecord } from '../store/notification-log.ts'
import { composeMessage } from './compose.ts'
import { type Decision, decide } from './decide.ts'
import { type Gates, type Mute, muteOf } from './mute.ts'
import { digestTimes, newsNotBeforeMs, type Thread } from './thread.ts'

export interface PlanContext {
  readonly nowMs: number
  readonly clusterName: string | undefined
  readonly gates: Gates
  /** Open alerts that the thread may speak of. */
  readonly members: readonly AlertRecord[]
  /** An alert that was told, as it is or as it ended. */
  latest(key: string): AlertRecord | undefined
  /** An open alert as it is at this moment; undefined where that cannot be said now. */
  describe(alert: Alert): Alert | undefined
  /** Alerts that were dropped and that this receiver has not been told of. */
  readonly dropped: number
  readonly refreshMs: number | undefined
  readonly mostAlerts: number | undefined
}

export type Plan =
  | { readonly do: 'send'; readonly delivery: DeliveryRecord }
  /** Again what was said, to a receiver that forgets. */
  | { readonly do: 'refresh'; readonly message: Message }
  | { readonly do: 'wait'; readonly untilMs: number | undefined; readonly because: Mute['because'] | undefined }
  /** There is nothing to say and nothing to remember. */
  | { readonly do: 'end' }

/** How soon a reminder is tried again where nothing could be said of its alerts. */
const describeAgainMs = 60_000

export function planThread(thread: Thread, context: PlanContext): Plan {
  if (thread.pending !== undefined) return planAgain(thread.pending, context)
  const heard = hear(thread, context)
  const grouping = groupingOf(thread, context.members)
  const decision = decide({
    told: thread.record && { ...thread.record, keys: new Set(thread.record.told) },
    firing: new Set(heard.firing.map(({ alert }) => alert.key)),
    open: heard.openKeys,
    isChanged: heard.firing.some(({ alert }) => isChanged(alert, thread)),
    isAcknowledged: heard.firing.every(({ acknowledged }) => acknowledged !== undefined),
    grouping,
    nowMs: context.nowMs,
  })
  if (decision.say === undefined) return planQuiet(thread, context, { heard, decision })
  const notBeforeMs = decision.say === 'repeat' ? 0 : newsNotBeforeMs(thread, grouping)
  if (notBeforeMs > context.nowMs) return { do: 'wait', untilMs: notBeforeMs, because: undefined }
  return planWord(thread, context, { heard, say: decision.say, grouping })
}

/** What may have arrived is sent again, unless all that it speaks of rests. */
function planAgain(pending: DeliveryRecord, { gates }: PlanContext): Plan {
  const { firing, ended } = pending.message
  const isSuspended = [...firing, ...ended].every((alert) => gates.isSuspended(alert))
  return isSuspended
    ? { do: 'wait', untilMs: undefined, because: 'suspended' }
    : { do: 'send', delivery: again(pending) }
}

function isChanged({ key, stage }: Alert, { record }: Thread): boolean {
  return stage !== undefined && record?.told.includes(key) === true && record.stages?.[key] !== stage
}

interface Heard {
  /** Open alerts that nothing mutes. */
  readonly firing: readonly AlertRecord[]
  readonly openKeys: ReadonlySet<string>
  readonly mutes: readonly Mute[]
}

function hear({ record }: Thread, { members, gates, nowMs, latest }: PlanContext): Heard {
  const judged = members.map((member) => ({ member, mute: muteOf(member.alert, gates, nowMs) }))
  const toldAndOpen = (record?.told ?? []).filter((key) => isOpen(latest(key)))
  return {
    firing: judged.filter(({ mute }) => mute === undefined).map(({ member }) => member),
    openKeys: new Set([...members.map(({ alert }) => alert.key), ...toldAndOpen]),
    mutes: judged.flatMap(({ mute }) => (mute === undefined ? [] : [mute])),
  }
}

function isOpen(record: AlertRecord | undefined): boolean {
  return record !== undefined && record.endedMs === undefined
}

/** A digest speaks for many groups: it keeps the calmest reminders of them. */
function groupingOf({ members: digested }: Thread, members: readonly AlertRecord[]): Omit<Grouping, 'key'> {
  const groupings = members.map(({ route }) => route.grouping)
  // Where all of it is over there is nothing to wait for.
  if (digested === undefined || groupings.length === 0) return groupings[0] ?? { waitMs: 0, intervalMs: 0 }
  const repeats = groupings.flatMap(({ repeatMs }) => repeatMs ?? [])
  const repeat = repeats.length === 0 ? {} : { repeatMs: Math.max(...repeats) }
  const limits = groupings.map(({ repeatMax = Number.POSITIVE_INFINITY }) => repeatMax)
  const repeatMax = Math.max(...limits)
  return { ...digestTimes, ...repeat, ...(Number.isFinite(repeatMax) ? { repeatMax } : {}) }
}

interface Quiet {
  readonly heard: Heard
  readonly decision: Extract<Decision, { say: undefined }>
}

function planQuiet(thread: Thread, context: PlanContext, { heard, decision }: Quiet): Plan {
  const { nowMs, refreshMs } = context
  const isTold = thread.record !== undefined
  if (!isTold && heard.openKeys.size === 0) return { do: 'end' }
  const refreshAtMs = isTold && refreshMs !== undefined ? thread.lastSentMs + refreshMs : undefined
  if (refreshAtMs !== undefined && refreshAtMs <= nowMs) return { do: 'refresh', message: refresh(thread, context) }
  const times = [decision.againMs, refreshAtMs, ...heard.mutes.map(endOf)].filter((atMs) => atMs !== undefined)
  const untilMs = times.length === 0 ? undefined : Math.min(...times)
  return { do: 'wait', untilMs, because: heard.mutes[0]?.because }
}

function endOf(mute: Mute): number | undefined {
  return mute.because === 'outsideHours' ? mute.untilMs : undefined
}

interface Word {
  readonly heard: Heard
  readonly say: NonNullable<Decision['say']>
  readonly grouping: Omit<Grouping, 'key'>
}

function planWord(thread: Thread, context: PlanContext, word: Word): Plan {
  const ended = endedOf(thread, context, word.heard)
  const held = heldEnd(ended, context)
  if (isEnd(word.say) && held !== undefined) {
    return planQuiet(thread, context, { heard: word.heard, decision: { say: undefined, ...held } })
  }
  const firing = word.heard.firing.flatMap((record) => shown(record, word.say, context) ?? [])
  if (word.say === 'repeat' && firing.length === 0) {
    return { do: 'wait', untilMs: context.nowMs + describeAgainMs, because: undefined }
  }
  return { do: 'send', delivery: deliveryOf(thread, context, { ...word, firing, ended }) }
}

function isEnd(say: Word['say']): boolean {
  return say === 'resolved' || say === 'someResolved'
}

/** A reminder speaks of the present; other words of what was found. */
function shown(record: AlertRecord, say: Word['say'], { describe }: PlanContext): Alert | undefined {
  return say === 'repeat' ? describe(record.alert) : record.alert
}

function endedOf({ record }: Thread, { latest }: PlanContext, { openKeys }: Heard): AlertRecord[] {
  return (record?.told ?? []).filter((key) => !openKeys.has(key)).flatMap((key) => latest(key) ?? [])
}

/**
 * What was told is told as over, silenced or not; but it waits for the receiver's hours, and for the end of a suspension, unless
 * something in it need not. Undefined: it need not wait.
 */
function heldEnd(ended: readonly AlertRecord[], { gates, nowMs }: PlanContext): { againMs?: number } | undefined {
  if (ended.length === 0) return undefined
  const awake = ended.filter(({ alert }) => !gates.isSuspended(alert))
  if (awake.length === 0) return {}
  const times = awake.map(({ alert }) => gates.heldUntilMs(alert, nowMs))
  return times.includes(undefined) ? undefined : { againMs: Math.min(...(times as number[])) }
}

interface Content extends Word {
  readonly firing: readonly Alert[]
  readonly ended: readonly AlertRecord[]
}

function deliveryOf(thread: Thread, context: PlanContext, content: Content): DeliveryRecord {
  const { nowMs } = context
  const { firing, ended, heard } = content
  const id = randomUUID()
  const shownKeys = new Set(firing.map(({ key }) => key))
  const after = threadAfter(thread, content, nowMs)
  const message = messageOf(thread, context, { ...content, id, incident: after.incident })
  return {
    ...{ id, threadKey: thread.key, receiver: thread.use, reason: message.reason, message },
    alertIds: [...heard.firing.filter(({ alert }) => shownKeys.has(alert.key)), ...ended].map((record) => record.id),
    ...{ state: 'intended', intendedMs: nowMs, tries: 1, steps: {} },
    after: content.say === 'resolved' ? null : after,
  }
}

function threadAfter({ key, groupKey, use, record }: Thread, { say, heard }: Content, nowMs: number): ThreadRecord {
  const stillTold = (record?.told ?? []).filter((toldKey) => heard.openKeys.has(toldKey))
  const reminders = record?.reminders ?? 0
  return {
    ...{ key, groupKey, receiver: use, incident: record?.incident ?? randomUUID() },
    told: [...new Set([...stillTold, ...heard.firing.map(({ alert }) => alert.key)])],
    ...stagesAfter(record, stillTold, heard),
    firstToldMs: record?.firstToldMs ?? nowMs,
    lastToldMs: nowMs,
    reminders: remindersAfter(say, reminders),
    data: record?.data ?? {},
  }
}

/** What is not said now stays as it was said last. */
function stagesAfter(
  record: ThreadRecord | undefined,
  stillTold: readonly string[],
  { firing }: Heard,
): Pick<ThreadRecord, 'stages'> {
  const before = Object.entries(record?.stages ?? {}).filter(([key]) => stillTold.includes(key))
  const now = firing.flatMap(({ alert: { key, stage } }) => (stage === undefined ? [] : [[key, stage]]))
  const stages = [...before, ...now]
  return stages.length === 0 ? {} : { stages: Object.fromEntries(stages) }
}

/** New alerts begin the count anew. */
function remindersAfter(say: Word['say'], reminders: number): number {
  if (say === 'repeat') return reminders + 1
  return say === 'newAlerts' || say === 'changed' ? 0 : reminders
}

function messageOf(
  thread: Thread,
  { nowMs, clusterName, dropped, mostAlerts }: PlanContext,
  { say, firing, ended, grouping, id, incident }: Content & { readonly id: string; readonly incident: string },
): Message {
  const { repeatMax } = grouping
  const number = (thread.record?.reminders ?? 0) + 1
  return composeMessage({
    ...{ id, incident, nowMs, clusterName, firing, ended: ended.map(({ alert }) => alert), dropped, mostAlerts },
    reason: say === 'first' && thread.members !== undefined ? 'digest' : say,
    ...(say === 'repeat' ? { reminder: { number, ...(repeatMax === undefined ? {} : { of: repeatMax }) } } : {}),
    isPossibleRepeat: false,
    slackChannel: thread.use.slackChannel,
  })
}

function refresh(thread: Thread, context: PlanContext): Message {
  const told = (thread.record?.told ?? []).flatMap((key) => context.latest(key) ?? [])
  return composeMessage({
    ...{ id: randomUUID(), incident: thread.record?.incident ?? '', reason: 'repeat', nowMs: context.nowMs },
    ...{ clusterName: context.clusterName, mostAlerts: context.mostAlerts },
    firing: told.filter(isOpen).map(({ alert }) => alert),
    ...{ ended: [], dropped: 0, isPossibleRepeat: false, slackChannel: thread.use.slackChannel },
  })
}

function again(delivery: DeliveryRecord): DeliveryRecord {
  const message = { ...delivery.message, isPossibleRepeat: true }
  return { ...delivery, message, state: 'intended', tries: delivery.tries + 1 }
}
