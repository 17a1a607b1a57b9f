import { createServiceSwitch } from '../service-control.ts'

export const startService = createServiceSwitch({
  verb: 'start',
  summary: 'Judges and tells again after a stop.',
  done: 'Service started',
  already: 'Service is already running',
})
