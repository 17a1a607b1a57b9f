import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../fixtures/kubecapwatch')

/** Config files of KubeCapWatch, as paths. Every credential in them contains `s3cret` or `hooks.slack`. */
export const kubeCapWatchConfigs: readonly string[] = readdirSync(folder).map((name) => join(folder, name))
