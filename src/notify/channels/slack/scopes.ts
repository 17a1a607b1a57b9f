/** What a token may do, and what cannot be done without. */
import type { Preflight } from '../../notifier.ts'

export interface TokenFacts {
  readonly team: string
  readonly user: string
  /** Undefined where Slack does not say. */
  readonly scopes: readonly string[] | undefined
}

/** Each of these is a wish: without it messages still arrive. */
const wishes: readonly { readonly anyOf: readonly string[]; readonly without: string }[] = [
  { anyOf: ['files:write'], without: 'long logs are not attached' },
  {
    anyOf: ['channels:history', 'groups:history'],
    without: 'after a crash a message may come twice',
  },
  {
    anyOf: ['channels:read', 'groups:read'],
    without: 'after a crash a message may come twice, unless the channel is given by its id',
  },
]

export function preflightOfToken({ team, user, scopes }: TokenFacts): Preflight {
  const who = `workspace ${team}, as ${user}`
  if (scopes === undefined) return { status: 'ok', message: who }
  if (!scopes.includes('chat:write')) {
    const message = `${who}: the token lacks the scope chat:write; add it to the app and install it again`
    return { status: 'failed', reason: 'auth', message }
  }
  const missing = wishes.filter(({ anyOf }) => !anyOf.some((scope) => scopes.includes(scope)))
  const texts = missing.map(({ anyOf, without }) => `without the scope ${anyOf.join(' or ')} ${without}`)
  return { status: 'ok', message: [who, ...texts].join('; ') }
}
