import { createServiceSwitch } from '../service-control.ts'

export const stopService = createServiceSwitch({
  verb: 'stop',
  summary: 'Judges nothing and tells nothing until it is started, over restarts too.',
  done: 'Service stopped',
  already: 'Service is already stopped',
})
