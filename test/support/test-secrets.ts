import { OperatorError } from '../../src/base/errors.ts'
import type { SecretReference, Secrets } from '../../src/notify/secrets.ts'

export interface TestSecrets extends Secrets {
  /** `name/key` of what was refused, in order. */
  readonly refusals: readonly string[]
  set(reference: SecretReference, value: string): void
}

/** Secrets in memory, by `name/key`, that say what the real ones say where one is missing. */
export function testSecrets(values: Readonly<Record<string, string>>): TestSecrets {
  const known = new Map(Object.entries(values))
  const refusals: string[] = []
  return {
    refusals,
    set: ({ name, key }, value) => void known.set(`${name}/${key}`, value),
    read: async ({ name, key }) => {
      const value = known.get(`${name}/${key}`)
      if (value !== undefined) return value
      throw new OperatorError('SECRET_UNAVAILABLE', `Secret team/${name} has no key ${key}: add it`)
    },
    refused: ({ name, key }) => void refusals.push(`${name}/${key}`),
  }
}
