/** Container images without a registry: archives that `cluster.importImage` loads; pods use `imagePullPolicy: Never`. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { debianProgram } from './debian.ts'
import { mustRun } from './run-command.ts'
import { type TarEntry, tarArchive } from './tar.ts'

export interface ImageOptions {
  /** With registry and tag, as `docker.io/testbed/busybox:1`. */
  readonly name: string
  readonly entrypoint: readonly string[]
  readonly entries: readonly TarEntry[]
}

export const pauseImage = 'docker.io/testbed/pause:1'
export const busyboxImage = 'docker.io/testbed/busybox:1'

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** An image of one layer in the format of `docker save`. */
export function imageArchive({ name, entrypoint, entries }: ImageOptions): Buffer {
  const layer = tarArchive(entries)
  const layerDigest = digest(layer)
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Entrypoint: entrypoint, Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
      history: [{}],
    }),
  )
  const configFile = `${digest(config)}.json`
  const layerFile = `${layerDigest}/layer.tar`
  const manifest = [{ Config: configFile, RepoTags: [name], Layers: [layerFile] }]
  return tarArchive([
    { path: configFile, content: config, mode: 0o644 },
    { path: layerFile, content: layer, mode: 0o644 },
    { path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)), mode: 0o644 },
  ])
}

async function busyboxEntries(): Promise<TarEntry[]> {
  const busybox = debianProgram('busybox')
  const { stdout } = await mustRun(busybox, ['--list'])
  const applets = stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox')
  return [
    { path: 'bin', folder: true },
    { path: 'etc', folder: true },
    { path: 'tmp', folder: true, mode: 0o1777 },
    { path: 'etc/passwd', content: Buffer.from('root:x:0:0::/:/bin/sh\n'), mode: 0o644 },
    { path: 'bin/busybox', content: await readFile(busybox) },
    ...applets.map((applet) => ({ path: `bin/${applet}`, linkTo: 'busybox' })),
  ]
}

/** Every applet of Debian's static busybox; runs a shell unless told otherwise. */
export async function writeBusyboxImage(path: string): Promise<void> {
  await writeFile(path, imageArchive({ name: busyboxImage, entrypoint: ['/bin/sh'], entries: await busyboxEntries() }))
}

/** What holds a pod's namespaces open: it does nothing for 68 years. */
export async function writePauseImage(path: string): Promise<void> {
  const entrypoint = ['/bin/sleep', String(2 ** 31 - 1)]
  await writeFile(path, imageArchive({ name: pauseImage, entrypoint, entries: await busyboxEntries() }))
}
