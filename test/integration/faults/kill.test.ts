/** kill -9 at every step of a delivery, on every channel: what the next process makes of it is what the channel promises. */
import { alertmanagerProgram } from '../../../hack/testbed/alertmanager.ts'
import { missingArtifacts } from '../../../hack/testbed/binaries.ts'
import { faultCase } from '../../support/faults/fault-case.ts'
import { type FaultLab, inLab } from '../../support/faults/fault-lab.ts'
import { type Step, steps } from '../../support/faults/protocol.ts'
import { heardOf, type Promised } from '../../support/faults/recorder.ts'
import { type RecordedChannel, recorders } from '../../support/faults/recorders.ts'

const promises: Readonly<Record<RecordedChannel, Promised>> = {
  webhook: 'once where the receiver honours the key',
  file: 'at least once',
  console: 'at least once',
  email: 'at least once',
  pagerduty: 'once',
  alertmanager: 'once',
  'slack (bot token)': 'once, best effort',
  'slack webhook': 'at least once',
  teams: 'at least once',
}

/** These run with `make test` too. */
const shortChannels: readonly RecordedChannel[] = ['webhook', 'file', 'email']

const atLeastOnce: Readonly<Record<Step, string>> = {
  'before the intent': 'first, resolved',
  'after the intent': 'first (possible repeat), resolved',
  'after sending': 'first, first (possible repeat), resolved',
  'after the result': 'first, resolved',
}

function expectedOf(channel: RecordedChannel, step: Step): string {
  return promises[channel] === 'at least once' ? atLeastOnce[step] : 'first, resolved'
}

describe('kill -9 while something is told', function () {
  this.timeout(180_000)
  for (const channel of Object.keys(promises) as RecordedChannel[]) {
    for (const step of steps) {
      faultCase({
        area: 'kill -9 at every step',
        fault: `killed ${step}${step.includes('intent') || step.includes('result') ? ' is written' : ''}`,
        channel,
        promise: promises[channel],
        expected: expectedOf(channel, step),
        isLong: !shortChannels.includes(channel),
        missing: () => (channel === 'alertmanager' ? missingAlertmanager() : undefined),
        record: () => inLab((lab) => killAt(lab, channel, step)),
      })
    }
  }
})

/** One process dies at the step, the next takes up the log; its judgement finds what the first one's found. */
async function killAt(lab: FaultLab, channel: RecordedChannel, dieAt: Step): Promise<string> {
  const recorder = await lab.add('people', recorders[channel])
  const first = await lab.start({ dieAt })
  first.fire('victim', { to: ['people'] })
  await first.gone()
  if (first.signalCode !== 'SIGKILL') throw new Error('the first process did not kill itself')
  const second = await lab.start()
  second.fire('victim', { to: ['people'] })
  await lab.mark(second, 'people')
  second.resolve('victim', { to: ['people'] })
  await lab.heard('people', 'victim', 'resolved')
  await lab.mark(second, 'people')
  return heardOf(recorder, 'victim')
}

function missingAlertmanager(): string | undefined {
  const isMissing = missingArtifacts([alertmanagerProgram]).length > 0
  return isMissing ? 'Alertmanager is not built: hack/testbed/testbed build' : undefined
}
