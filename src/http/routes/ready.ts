import { type Route, textAnswer } from '../route.ts'

/** One thing that has to be so before the operator is of use. */
export interface ReadinessCheck {
  readonly name: string
  isReady(): boolean
}

/** 200 when every check holds, else 503; one line a check, so that `curl` shows what is waited for. */
export function createReadyRoute(checks: readonly ReadinessCheck[]): Route {
  return {
    path: '/readyz',
    answer: async () => {
      const states = checks.map((check) => ({ name: check.name, isReady: check.isReady() }))
      const lines = states.map(({ name, isReady }) => `[${isReady ? '+' : '-'}] ${name}`)
      return textAnswer(states.every(({ isReady }) => isReady) ? 200 : 503, lines.join('\n'))
    },
  }
}
