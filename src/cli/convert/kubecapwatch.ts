/**
 * KubeCapWatch's config.ini as custom resources. A setting is converted to what it is documented to do; where KubeCapWatch
 * did something else with it, the difference is told.
 */
import { apiGroup, apiVersion } from '../../api/kind.ts'
import { OperatorError } from '../../base/errors.ts'
import type { NewObject } from '../../kube/writer.ts'
import type { Conversion, SettingFate } from './conversion.ts'
import type { IniFile } from './ini-file.ts'
import { convertNotifiers } from './kubecapwatch-notifiers.ts'
import { convertPolicy } from './kubecapwatch-policy.ts'

export interface KubeCapWatchOptions {
  /** Where the resources go: the operator's own namespace, for nodes are watched. */
  readonly namespace: string
}

/** Throws INVALID_INPUT with every setting that KubeCapWatch could not have started with. */
export function convertKubeCapWatch(file: IniFile, { namespace }: KubeCapWatchOptions): Conversion {
  const problems: string[] = []
  const policy = convertPolicy(file, problems)
  const notifiers = convertNotifiers(file, namespace)
  if (problems.length > 0) throw new OperatorError('INVALID_INPUT', problems.join('\n'))
  const receivers = notifiers.value.receivers.map(({ name, spec }) =>
    manifest('AlertReceiver', { namespace, name, spec }),
  )
  const told = receivers.length === 0 ? {} : { receivers: receivers.map(({ metadata }) => ({ name: metadata.name })) }
  const known = [...policy.settings, ...notifiers.settings]
  return {
    manifests: [
      manifest('CapacityPolicy', { namespace, name: 'kubecapwatch', spec: { ...policy.value, ...told } }),
      ...receivers,
    ],
    settings: inOrder(file, [...known, ...unknownSettings(file, known)]),
    secrets: notifiers.value.secrets,
    advice: [...(policy.advice ?? []), ...(notifiers.advice ?? [])],
  }
}

function manifest(
  kind: string,
  { namespace, name, spec }: { namespace: string; name: string; spec: object },
): NewObject {
  return { apiVersion: `${apiGroup}/${apiVersion}`, kind, metadata: { name, namespace }, spec }
}

function unknownSettings(file: IniFile, known: readonly SettingFate[]): SettingFate[] {
  return file.settings
    .filter(({ section, key }) => !known.some((fate) => fate.section === section && fate.key === key))
    .map(({ section, key }) => ({ section, key, fate: 'unknown', text: 'KubeCapWatch has no such setting there' }))
}

/** As they stand in the file; each once. */
function inOrder(file: IniFile, fates: readonly SettingFate[]): SettingFate[] {
  return file.settings.flatMap(
    ({ section, key }) => fates.find((fate) => fate.section === section && fate.key === key) ?? [],
  )
}
