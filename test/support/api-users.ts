/** Users of different rights on a real API server: service accounts with a token, and what `kubectl auth can-i` says of them. */
import type { OperatorWorld } from './operator-world.ts'

export interface Grant {
  readonly verbs: readonly string[]
  /** Of all resources; '' for the core ones. */
  readonly group: string
  readonly resources: readonly string[]
  /** Absent: in all. */
  readonly namespace?: string
  /** Absent: all objects. */
  readonly names?: readonly string[]
}

export interface ApiUser {
  readonly name: string
  readonly token: string
  readonly kubeconfig: string
  /** The arguments behind `kubectl auth can-i`, such as `['get', 'pods', '-n', 'a']`. Asked once. */
  can(...what: string[]): Promise<boolean>
}

const home = 'people'
const rbac = 'rbac.authorization.k8s.io'

/** A service account in the namespace `people`, which is there. */
export async function addApiUser(world: OperatorWorld, name: string, grants: readonly Grant[]): Promise<ApiUser> {
  const subject = { kind: 'ServiceAccount', name, namespace: home }
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: home } }
  const roles = grants.flatMap((grant, index) => roleAndBinding(`${name}-${index}`, grant, subject))
  await world.cluster.apply([account, ...roles])
  const token = await world.cluster.createToken(`${home}/${name}`)
  const kubeconfig = await world.cluster.kubeconfigFor({ token })
  const verdicts = new Map<string, Promise<boolean>>()
  const ask = async (what: readonly string[]) =>
    (await world.cluster.kubectl(['auth', 'can-i', ...what, '--quiet'], { kubeconfig })).code === 0
  return {
    ...{ name, token, kubeconfig },
    can: (...what) => {
      const key = what.join(' ')
      const verdict = verdicts.get(key) ?? ask(what)
      verdicts.set(key, verdict)
      return verdict
    },
  }
}

function roleAndBinding(name: string, { verbs, namespace, group, resources, names }: Grant, subject: object): object[] {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role'
  const apiVersion = `${rbac}/v1`
  const metadata = { name, ...(namespace && { namespace }) }
  const rule = { apiGroups: [group], resources, verbs, ...(names && { resourceNames: names }) }
  const roleRef = { apiGroup: rbac, kind, name }
  return [
    { apiVersion, kind, metadata, rules: [rule] },
    { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects: [subject] },
  ]
}
