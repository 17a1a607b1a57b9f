import { createPolicySwitch } from '../policy-switch.ts'

export const resumePolicy = createPolicySwitch({
  verb: 'resume',
  summary: 'Takes spec.suspend back: what fires now is told.',
})
