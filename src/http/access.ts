/** What a caller may do: asked of the API server (SubjectAccessReview), so that RBAC is the only place where rights are given. */
import type { Clock } from '../base/clock.ts'
import { ShortMemory } from '../base/short-memory.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Caller } from './identity/caller.ts'
import { Problem } from './problem.ts'

export interface Right {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete'
  readonly group: string
  /** The plural. */
  readonly resource: string
  readonly subresource?: string | undefined
  /** Absent: in every namespace. */
  readonly namespace?: string | undefined
  /** Absent: for every object. */
  readonly name?: string | undefined
}

/** One caller's rights. */
export interface Access {
  may(right: Right): Promise<boolean>
  /** Rejects with a Problem that names the right where it is missing. */
  require(right: Right): Promise<void>
}

/** A right that was taken away, or given, counts after this time at most. */
const keepMs = 5_000
const mostAnswers = 10_000
const reviewTimeoutMs = 5_000

export class AccessReviewer {
  readonly #client: KubeClient
  readonly #answers: ShortMemory<boolean>

  constructor({ client, clock }: { readonly client: KubeClient; readonly clock: Clock }) {
    this.#client = client
    this.#answers = new ShortMemory({ clock, keepMs, most: mostAnswers })
  }

  accessOf(caller: Caller): Access {
    const may = (right: Right) => this.#may(caller, right)
    return {
      may,
      require: async (right) => {
        if (!(await may(right))) throw new Problem('forbidden', missing(caller, right))
      },
    }
  }

  #may({ username, uid, groups, extra }: Caller, right: Right): Promise<boolean> {
    const spec = { user: username, uid, groups, extra, resourceAttributes: right }
    return this.#answers.get(JSON.stringify(spec), () => this.#review(spec))
  }

  async #review(spec: object): Promise<boolean> {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
    const { status } = await this.#client.requestJson<{ status?: { allowed?: boolean } }>({
      ...{ method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body },
      // Asked for everybody who waits for this answer, so nobody's own signal ends it.
      ...{ signal: new AbortController().signal, timeoutMs: reviewTimeoutMs },
    })
    return status?.allowed === true
  }
}

function missing({ username }: Caller, { verb, resource, subresource, group, namespace, name }: Right): string {
  const type = group === '' ? resource : `${resource}.${group}`
  const object = name === undefined ? '' : `/${name}`
  const [part, partFlag] = subresource === undefined ? ['', ''] : [`/${subresource}`, ` --subresource=${subresource}`]
  const where = namespace === undefined ? 'in every namespace' : `in namespace ${namespace}`
  const flags = `${partFlag} ${namespace === undefined ? '-A' : `-n ${namespace}`}`
  const check = `kubectl auth can-i ${verb} ${type}${object}${flags}`
  return `"${username}" has no right to ${verb} ${type}${part}${object} ${where}; ask for it, and check with: ${check}`
}

/** Whoever has a right for all has it for each: the wide ones are asked first, as one answer serves many objects. */
export async function mayForAny(access: Access, right: Right): Promise<boolean> {
  const { namespace: _anywhere, name: _anyOf, ...everywhere } = right
  const { name: _any, ...inNamespace } = right
  for (const wider of [everywhere, inNamespace, right]) if (await access.may(wider)) return true
  return false
}
