import { createPolicySwitch } from '../policy-switch.ts'

export const suspendPolicy = createPolicySwitch({
  verb: 'suspend',
  summary: 'Sets spec.suspend: the policy is not judged, and nothing of it is told, until it is resumed.',
})
