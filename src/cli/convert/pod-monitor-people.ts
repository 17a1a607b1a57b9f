/** Channels by namespace become lines of a route, muted containers what it ignores. */
import type { PodMonitorPeople } from '../../store/mysql/crashes/pod-monitor-people.ts'
import type { Converted, SettingFate } from './conversion.ts'
import { asciiJson, slackChannelOf } from './pod-monitor-values.ts'

interface RouteLine {
  readonly name: string
  readonly namespaces: { readonly names: readonly string[] }
  readonly receivers: readonly object[]
}

export interface PeoplesWishes {
  readonly routes: readonly RouteLine[]
  readonly ignore: readonly { readonly namespace: string; readonly container: string }[]
}

const channelTable = 'k8s_pod_crash_notify'
const muteTable = 'k8s_crash_ignore_notify'
const mostRoutes = 1_024
/** One less than there can be: `slack.notify` may need one. */
const mostIgnored = 255
const namesInLine = 256

/** `receiver`: the AlertReceiver with the bot's token. */
export function convertPeople(people: PodMonitorPeople, receiver: string): Converted<PeoplesWishes> {
  const dropped: SettingFate[] = []
  const drop = (table: string, row: readonly string[], text: string) => {
    dropped.push({ key: `${table} ${row.map(asciiJson).join(' ')}`, fate: 'dropped', text })
  }
  const routes = routesOf(people, receiver, (row, text) => drop(channelTable, row, text))
  const ignore = ignoresOf(people, (row, text) => drop(muteTable, row, text))
  return {
    value: { routes, ignore },
    settings: [
      tableFate(channelTable, people.channels.length, `spec.routes of the CrashAlertRoute (${routes.length} lines)`),
      tableFate(muteTable, people.mutes.length, `spec.ignore of the CrashAlertRoute (${ignore.length} lines)`),
      ...dropped,
    ],
  }
}

function tableFate(table: string, rows: number, text: string): SettingFate {
  return { key: `${table} (${rows} rows of this cluster)`, fate: 'converted', text }
}

type Drop = (row: readonly string[], text: string) => void

const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const impossible = 'no namespace or container can have this name'

function routesOf({ channels }: PodMonitorPeople, receiver: string, drop: Drop): RouteLine[] {
  const namespaces = new Map<string, string[]>()
  for (const row of channels) {
    const channel = slackChannelOf(row.channel)
    const told = [row.namespace, row.channel]
    if (!namespaceName.test(row.namespace)) drop(told, impossible)
    else if (channel === undefined) drop(told, "it is no channel's name or id, and a bot posts to channels alone")
    else namespaces.set(channel, [...(namespaces.get(channel) ?? []), row.namespace])
  }
  const lines = [...namespaces].flatMap(([channel, names]) =>
    chunks([...new Set(names)]).map((some) => ({ channel, some })),
  )
  for (const { channel, some } of lines.slice(mostRoutes)) drop([...some, channel], tooMany(mostRoutes))
  const taken = new Set<string>()
  return lines.slice(0, mostRoutes).map(({ channel, some }) => ({
    name: lineName(channel, taken),
    namespaces: { names: some },
    receivers: [{ name: receiver, slack: { channel } }],
  }))
}

function tooMany(most: number): string {
  return `a CrashAlertRoute has at most ${most} lines: write one more for it`
}

function chunks(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / namesInLine)
  return Array.from({ length: count }, (_, i) => names.slice(i * namesInLine, (i + 1) * namesInLine))
}

function lineName(channel: string, taken: Set<string>): string {
  const base = channel
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 50)
    .replace(/-$/, '')
  let name = base === '' ? 'channel' : base
  for (let n = 2; taken.has(name); n += 1) name = `${base === '' ? 'channel' : base}-${n}`
  taken.add(name)
  return name
}

function ignoresOf({ mutes }: PodMonitorPeople, drop: Drop): PeoplesWishes['ignore'] {
  const possible = mutes.filter(({ namespace, container }) => {
    const isPossible = namespaceName.test(namespace) && namespaceName.test(container)
    if (!isPossible) drop([namespace, container], `${impossible}, so it muted nothing`)
    return isPossible
  })
  for (const { namespace, container } of possible.slice(mostIgnored)) drop([namespace, container], tooMany(mostIgnored))
  return possible.slice(0, mostIgnored).map(({ namespace, container }) => ({ namespace, container }))
}
