/** The roles and bindings of an install, made from what the operator does and from the kinds that people write. */
import { Document, isSeq, type Node } from 'yaml'
import { apiGroup, defaultSystemNamespace, type Kind } from '../kind.ts'
import {
  type Access,
  aggregatedAccess,
  apiAccess,
  operatorAccess,
  secretAccess,
  secretReaderRole,
} from './operator-access.ts'

export interface RbacObject {
  apiVersion: 'rbac.authorization.k8s.io/v1'
  kind: 'ClusterRole' | 'Role' | 'ClusterRoleBinding' | 'RoleBinding'
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  rules?: Access[]
  roleRef?: { apiGroup: string; kind: string; name: string }
  subjects?: Subject[]
}

type Subject =
  | { kind: 'ServiceAccount'; name: string; namespace: string }
  | { kind: 'Group'; name: string; apiGroup: string }

const apiVersion = 'rbac.authorization.k8s.io/v1'
const rbacGroup = 'rbac.authorization.k8s.io'
const operatorName = 'dogwatch'

/** Rights for an operator that watches the whole cluster. */
export function clusterWideRbac(kinds: readonly Kind[]): RbacObject[] {
  const rules = operatorAccess(kinds).filter(({ reach }) => reach !== 'own')
  const role = { kind: 'ClusterRole', name: operatorName } as const
  return [
    { apiVersion, kind: role.kind, metadata: { name: role.name }, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: operatorName }, ...binding(role) },
    ...ownNamespaceRbac(kinds),
    // Bound nowhere: whoever wants his namespace's receivers to use its Secrets binds it there.
    { apiVersion, kind: 'ClusterRole', metadata: { name: secretReaderRole }, rules: [secretAccess] },
  ]
}

/** Rights for an operator that watches its own namespace alone: without nodes only pods' utilization and quotas can be judged. */
export function namespaceOnlyRbac(kinds: readonly Kind[]): RbacObject[] {
  const rules = operatorAccess(kinds).filter(({ reach }) => reach === 'watched')
  return [...boundRole(operatorName, rules), ...ownNamespaceRbac(kinds)]
}

function ownNamespaceRbac(kinds: readonly Kind[]): RbacObject[] {
  const rules = operatorAccess(kinds).filter(({ reach }) => reach === 'own')
  return boundRole(`${operatorName}-own-namespace`, rules)
}

/** Rights for serving the API, beside those of `clusterWideRbac`; and everybody's to be let through to it. */
export function apiRbac(): RbacObject[] {
  const [role, callers] = [`${operatorName}-api`, `${operatorName}-api-callers`]
  const everybody = { kind: 'Group', name: 'system:authenticated', apiGroup: rbacGroup } as const
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name: role }, rules: apiAccess() },
    {
      ...{ apiVersion, kind: 'ClusterRoleBinding', metadata: { name: role } },
      ...binding({ kind: 'ClusterRole', name: role }),
    },
    { apiVersion, kind: 'ClusterRole', metadata: { name: callers }, rules: [...aggregatedAccess] },
    {
      ...{ apiVersion, kind: 'ClusterRoleBinding', metadata: { name: callers } },
      ...{ roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: callers }, subjects: [everybody] },
    },
  ]
}

/** Rights for people: added by aggregation to the cluster's view, edit and admin roles. */
export function userRbac(kinds: readonly Kind[]): RbacObject[] {
  const resources = kinds.map(({ plural }) => plural)
  const read: Access = {
    group: apiGroup,
    resources,
    verbs: ['get', 'list', 'watch'],
    reach: 'watched',
    reason: 'See what is asked for, and the answer.',
  }
  const write: Access = {
    ...read,
    verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
    reason: 'Ask for it.',
  }
  return [
    aggregatedRole(`${operatorName}-view`, ['view', 'edit', 'admin'], [read]),
    aggregatedRole(`${operatorName}-edit`, ['edit', 'admin'], [read, write]),
    // Nobody can give an operator what he does not hold: with this a namespace's admin can install one for it.
    aggregatedRole(
      `${operatorName}-install`,
      ['admin'],
      operatorAccess(kinds).filter(({ reach }) => reach !== 'cluster'),
    ),
  ]
}

function aggregatedRole(name: string, into: readonly string[], rules: Access[]): RbacObject {
  const labels = Object.fromEntries(into.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']))
  return { apiVersion, kind: 'ClusterRole', metadata: { name, labels }, rules }
}

function boundRole(name: string, rules: Access[]): RbacObject[] {
  const metadata = { name, namespace: defaultSystemNamespace }
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, ...binding({ kind: 'Role', name }) },
  ]
}

function binding(role: { kind: 'ClusterRole' | 'Role'; name: string }): Pick<RbacObject, 'roleRef' | 'subjects'> {
  return {
    roleRef: { apiGroup: rbacGroup, ...role },
    subjects: [{ kind: 'ServiceAccount', name: operatorName, namespace: defaultSystemNamespace }],
  }
}

/** One object as YAML; each rule has its reason as a comment. */
export function renderRbac({ rules, ...object }: RbacObject): string {
  const written = rules?.map(({ group, resources, names, verbs }) => ({
    ...{ apiGroups: [group], resources, ...(names && { resourceNames: names }), verbs },
  }))
  const document = new Document(written === undefined ? object : { ...object, rules: written }, {
    aliasDuplicateObjects: false,
  })
  const items = document.get('rules')
  for (const [index, item] of isSeq<Node>(items) ? items.items.entries() : []) {
    item.commentBefore = ` ${rules?.[index]?.reason}`
  }
  return document.toString({ lineWidth: 0 })
}
