import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { imageArchive } from '../../hack/testbed/images.ts'
import { tarArchive } from '../../hack/testbed/tar.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('image archives', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-images-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const unpack = (archive: Buffer, into: string): void => {
    execFileSync('mkdir', ['-p', into])
    execFileSync('tar', ['--extract', '--preserve-permissions', '--directory', into], { input: archive })
  }

  it('are tar files: content, modes, folders and links survive the real tar', () => {
    const long = Buffer.alloc(1025, 'x')
    const archive = tarArchive([
      { path: 'tmp', folder: true, mode: 0o1777 },
      { path: 'tmp/long', content: long, mode: 0o640 },
      { path: 'tmp/empty', content: Buffer.alloc(0) },
      { path: 'tmp/link', linkTo: 'long' },
    ])
    unpack(archive, folder)
    expect(lstatSync(join(folder, 'tmp')).mode & 0o7777).to.equal(0o1777)
    expect(lstatSync(join(folder, 'tmp/long')).mode & 0o777).to.equal(0o640)
    expect(readFileSync(join(folder, 'tmp/long'))).to.deep.equal(long)
    expect(readFileSync(join(folder, 'tmp/empty'))).to.have.length(0)
    expect(readlinkSync(join(folder, 'tmp/link'))).to.equal('long')
  })

  it('refuse a path that the format would cut off', () => {
    expect(() => tarArchive([{ path: 'x'.repeat(101), folder: true }])).to.throw('too long')
  })

  it('name files by the digests of what is in them', () => {
    const entries = [{ path: 'hello', content: Buffer.from('hi') }]
    unpack(imageArchive({ name: 'docker.io/testbed/hello:1', entrypoint: ['/hello'], entries }), folder)
    const [image] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
    const config = readFileSync(join(folder, image.Config))
    const layer = readFileSync(join(folder, image.Layers[0]))
    expect(image.RepoTags).to.deep.equal(['docker.io/testbed/hello:1'])
    expect(image.Config).to.equal(`${sha256(config)}.json`)
    expect(JSON.parse(config.toString()).rootfs.diff_ids).to.deep.equal([`sha256:${sha256(layer)}`])
    unpack(layer, join(folder, 'root'))
    expect(readFileSync(join(folder, 'root/hello'), 'utf8')).to.equal('hi')
  })
})
