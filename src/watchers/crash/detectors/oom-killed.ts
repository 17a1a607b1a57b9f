import { endWords, signalOf } from '../words.ts'
import type { Detector } from './detector.ts'

/** Only where the kubelet says so, which has it from the kernel's own count. The kernel may have taken a child and not the first process. */
export const oomKilled: Detector = {
  ofRun: ({ end }) => {
    if (end.reason !== 'OOMKilled') return undefined
    const isFirst = signalOf(end) === 9
    return isFirst
      ? `killed by the kernel for want of memory (exit code ${end.exitCode})`
      : `the kernel killed a process in it for want of memory; then it ${endWords(end)}`
  },
}
