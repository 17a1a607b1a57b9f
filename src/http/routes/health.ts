import { type Route, textAnswer } from '../route.ts'

/** Says that the process answers, nothing more: what it depends on may be gone, and restarting it would not help. */
export const healthRoute: Route = { path: '/healthz', answer: async () => textAnswer(200, 'ok') }
