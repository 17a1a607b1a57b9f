/** The crash watcher with all that it works with. */
import { OperatorError } from '../base/errors.ts'
import { objectKey } from '../kube/resource.ts'
import { compileRedaction, type Redactor } from '../model/redaction.ts'
import type { Pipeline } from '../notify/pipeline.ts'
import { createVolumeAsker } from '../watchers/crash/ask-volumes.ts'
import { createEnricher } from '../watchers/crash/enrich/enricher.ts'
import { toldBefore } from '../watchers/crash/told-before.ts'
import { type CrashRecords, CrashWatcher } from '../watchers/crash/watcher.ts'
import type { AlertKeepers } from './alert-keepers.ts'
import type { WorkOptions } from './work.ts'

export interface CrashSurroundings {
  readonly pipeline: Pipeline
  readonly keepers: Pick<AlertKeepers, 'silences'>
  readonly records: CrashRecords
  readonly onViewChange: (routeKey: string) => void
}

/** Patterns that RE2 does not read were refused with the route that has them. */
function redactorFor(patterns: readonly string[]): Redactor {
  const compiled = compileRedaction([...new Set(patterns)])
  if ('redactor' in compiled) return compiled.redactor
  throw new OperatorError('INVALID_SPEC', compiled.problem)
}

export function createCrashWatcher(
  options: WorkOptions,
  { pipeline, keepers, records, onViewChange }: CrashSurroundings,
): CrashWatcher {
  const { cache, client, clock, logger, metrics } = options
  const { clusterName, watchNamespace } = options.options
  return new CrashWatcher({
    ...{ cache, clock, logger, clusterName, watchNamespace },
    sink: pipeline,
    metrics: metrics.crashes,
    records,
    enricher: createEnricher({ client, clock, isClusterWide: watchNamespace === undefined }),
    askVolumes: createVolumeAsker(client, clock),
    redactorFor,
    toldBefore: toldBefore(options.toldRestarts),
    isMuted: (alert) => keepers.silences.isSilenced(alert),
    onViewChange: (route) => onViewChange(objectKey(route)),
  })
}
