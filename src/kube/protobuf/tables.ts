/**
 * The fields that are read of the kinds that nearly all of a cluster's bytes belong to. A consumer that is content with these
 * says so (`content: 'fields'`); one that needs another field adds its line here, with its number from the kind's .proto file.
 */
import type { ResourceType } from '../resource.ts'
import {
  type FieldTable,
  fieldTable,
  flag,
  kept,
  many,
  map,
  message,
  number,
  quantities,
  text,
  time,
  word,
} from './field-table.ts'

const ownerReference = fieldTable({
  1: kept(word('kind')),
  3: kept(word('name')),
  4: kept(word('uid')),
  5: kept(word('apiVersion')),
  6: kept(flag('controller')),
  7: kept(flag('blockOwnerDeletion')),
})

const objectMeta = fieldTable({
  1: text('name'),
  3: word('namespace'),
  5: text('uid'),
  6: text('resourceVersion'),
  7: number('generation'),
  8: time('creationTimestamp'),
  9: time('deletionTimestamp'),
  10: kept(number('deletionGracePeriodSeconds')),
  11: map(word('labels')),
  12: map(text('annotations')),
  13: many(message('ownerReferences', ownerReference)),
  14: many(word('finalizers')),
})

const resourceRequirements = fieldTable({ 1: quantities('limits'), 2: quantities('requests') })

const container = fieldTable({
  1: kept(word('name')),
  2: word('image'),
  8: message('resources', resourceRequirements),
  24: kept(word('restartPolicy')),
})

const podSpec = fieldTable({
  2: many(message('containers', container)),
  3: word('restartPolicy'),
  5: kept(number('activeDeadlineSeconds')),
  10: word('nodeName'),
  20: many(message('initContainers', container)),
  32: quantities('overhead'),
  38: many(message('schedulingGates', fieldTable({ 1: kept(word('name')) }))),
  40: message('resources', resourceRequirements),
})

/** A node's. */
const condition = fieldTable({
  1: kept(word('type')),
  2: kept(word('status')),
  4: time('lastTransitionTime'),
  5: word('reason'),
})
/** A pod's: what is said of it there is nowhere else. */
const podCondition = fieldTable({
  1: kept(word('type')),
  2: kept(word('status')),
  4: time('lastTransitionTime'),
  5: word('reason'),
  6: text('message'),
})

const terminated = message(
  'terminated',
  fieldTable({
    1: kept(number('exitCode')),
    2: number('signal'),
    3: word('reason'),
    4: text('message'),
    5: time('startedAt'),
    6: time('finishedAt'),
    7: text('containerID'),
  }),
)

const containerState = fieldTable({
  1: message('waiting', fieldTable({ 1: word('reason'), 2: text('message') })),
  2: message('running', fieldTable({ 1: time('startedAt') })),
  3: terminated,
})

const containerStatus = fieldTable({
  1: kept(word('name')),
  2: message('state', containerState),
  3: message('lastState', fieldTable({ 3: terminated })),
  4: kept(flag('ready')),
  5: kept(number('restartCount')),
  10: quantities('allocatedResources'),
  11: message('resources', resourceRequirements),
})

const podStatus = fieldTable({
  1: word('phase'),
  2: many(message('conditions', podCondition)),
  3: text('message'),
  4: word('reason'),
  7: time('startTime'),
  8: many(message('containerStatuses', containerStatus)),
  10: many(message('initContainerStatuses', containerStatus)),
  19: quantities('allocatedResources'),
  20: message('resources', resourceRequirements),
})

const nodeSpec = fieldTable({
  4: flag('unschedulable'),
  5: many(message('taints', fieldTable({ 1: kept(word('key')), 2: word('value'), 3: kept(word('effect')) }))),
})

const nodeStatus = fieldTable({
  1: quantities('capacity'),
  2: quantities('allocatable'),
  4: many(message('conditions', condition)),
})

const scopeRequirement = fieldTable({ 1: kept(word('scopeName')), 2: kept(word('operator')), 3: many(word('values')) })

const quotaSpec = fieldTable({
  1: quantities('hard'),
  2: many(word('scopes')),
  3: message('scopeSelector', fieldTable({ 1: many(message('matchExpressions', scopeRequirement)) })),
})

const objectOf = (spec: FieldTable, status: FieldTable): FieldTable =>
  fieldTable({ 1: message('metadata', objectMeta), 2: message('spec', spec), 3: message('status', status) })

/** Of the core group, version v1, by resource. */
const coreTables: ReadonlyMap<string, FieldTable> = new Map([
  ['pods', objectOf(podSpec, podStatus)],
  ['nodes', objectOf(nodeSpec, nodeStatus)],
  ['namespaces', objectOf(fieldTable({ 1: many(word('finalizers')) }), fieldTable({ 1: word('phase') }))],
  ['resourcequotas', objectOf(quotaSpec, fieldTable({ 1: quantities('hard'), 2: quantities('used') }))],
])

/** Undefined for kinds that are read as JSON: custom ones have no protobuf, and the others are few. */
export function fieldsOf({ group, version, resource }: ResourceType): FieldTable | undefined {
  return group === '' && version === 'v1' ? coreTables.get(resource) : undefined
}

/** Of any object: a bookmark carries no more. */
export const anyObject: FieldTable = fieldTable({ 1: message('metadata', objectMeta) })

export const listMeta: FieldTable = fieldTable({
  2: text('resourceVersion'),
  3: text('continue'),
  4: kept(number('remainingItemCount')),
})

/** `v1.Status`, by which the server says no. */
export const status: FieldTable = fieldTable({
  2: text('status'),
  3: text('message'),
  4: text('reason'),
  5: message(
    'details',
    fieldTable({
      4: many(message('causes', fieldTable({ 1: text('reason'), 2: text('message'), 3: text('field') }))),
      5: number('retryAfterSeconds'),
    }),
  ),
  6: number('code'),
})
