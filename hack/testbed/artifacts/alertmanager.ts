import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Artifact, goBuildIn, goSourceFolder } from '../artifact.ts'
import { mustRun } from '../run-command.ts'

const version = '0.34.2'
const goModule = 'github.com/prometheus/alertmanager'

/** Its module lacks the pages of its web interface, which the build embeds: an empty one stands in for them. */
export const alertmanager: Artifact = {
  name: 'alertmanager',
  version,
  firstTimeSeconds: 60,
  async build(into) {
    const sources = join(into, 'sources')
    await cp(await goSourceFolder('alertmanager', goModule), sources, { recursive: true })
    await mustRun('chmod', ['-R', 'u+w', sources])
    await mkdir(join(sources, 'ui/app/dist'), { recursive: true })
    await writeFile(join(sources, 'ui/app/dist/index.html'), 'This build has no web interface.\n')
    await goBuildIn(sources, {
      packagePath: './cmd/alertmanager',
      output: join(into, 'alertmanager'),
      linkerFlags: `-X github.com/prometheus/common/version.Version=${version}`,
    })
    await rm(sources, { recursive: true })
  },
}
