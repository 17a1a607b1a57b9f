import { endWords } from '../words.ts'
import type { Detector } from './detector.ts'

export const initFailed: Detector = {
  ofRun: ({ container, end }) => {
    return container.role === 'init' ? `the init container ${endWords(end)}` : undefined
  },
}
