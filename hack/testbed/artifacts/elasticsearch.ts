/**
 * The server as Elastic's own tests run it, fetched from Maven Central and held to its checksum. It is under licences that
 * do not let it be passed on with Dogwatch, so it is fetched where it is wanted, and used for tests alone.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '../artifact.ts'
import { mustRun } from '../run-command.ts'

const version = '8.19.21'
const group = 'org.elasticsearch.distribution.integ-test-zip'
const sha256 = '215d5f3dbf0609a149f6218a9e47b6ae2df34ebbff3c5754e35f15a5e5393c8a'
const unpack = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack'

export const elasticsearch: Artifact = {
  name: 'elasticsearch',
  version,
  firstTimeSeconds: 30,
  async build(into) {
    // All that Maven fetches and writes on the way is in here, and goes with it.
    const maven = join(into, 'maven')
    await mkdir(maven)
    const artifact = `${group}:elasticsearch:${version}:zip`
    const options = [`-Dmaven.repo.local=${maven}`, `-Dartifact=${artifact}`, `-DoutputDirectory=${maven}/unpacked`]
    await mustRun('mvn', ['--quiet', '--batch-mode', '--no-transfer-progress', ...options, unpack], { cwd: maven })
    await checkSum(join(maven, ...group.split('.'), 'elasticsearch', version, `elasticsearch-${version}.zip`))
    await rename(join(maven, 'unpacked', `elasticsearch-${version}`), join(into, 'server'))
    await rm(maven, { recursive: true })
  },
}

async function checkSum(file: string): Promise<void> {
  const found = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  if (found !== sha256) throw new Error(`elasticsearch ${version} is not what it was: its SHA-256 is ${found}`)
}
