import { defineRoute } from '../api-route.ts'
import { type ServiceParts, serviceAnswer } from '../service-control.ts'

export const showService = defineRoute<ServiceParts>()({
  method: 'GET',
  path: '/service/status',
  isAlsoAtRoot: true,
  summary: 'Whether it is running or stopped.',
  rights: 'none; every caller who is known may ask.',
  answer: serviceAnswer,
  // A process that stands by does not know.
  needsLeader: true,
  handle: async (_input, { parts }) => ({
    data: parts.service.isStopped() ? 'Service is stopped' : 'Service is running',
  }),
})
