import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createFileNotifier } from '../../../src/notify/channels/file.ts'
import { aContext, aMessage } from '../../support/messages.ts'

describe('file receiver', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-file-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const ids = Array.from({ length: 10 }, (_, n) => `m0${n}`)

  it('writes one JSON line a message and rotates without splitting or losing one, also at once', async () => {
    const lineBytes = JSON.stringify(aMessage({ id: 'm00' })).length + 1
    const notifier = createFileNotifier({ folder, path: 'team/alerts.log', maxBytes: lineBytes * 3, maxFiles: 4 })
    await Promise.all(ids.map((id) => notifier.notify(aMessage({ id }), aContext())))
    const names = (await readdir(join(folder, 'team'))).sort()
    expect(names).to.deep.equal(['alerts.log', 'alerts.log.1', 'alerts.log.2', 'alerts.log.3'])
    const texts = await Promise.all(names.reverse().map((name) => readFile(join(folder, 'team', name), 'utf8')))
    const lines = texts.join('').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).id)).to.deep.equal(ids)
  })

  it('keeps no more files than it may', async () => {
    const notifier = createFileNotifier({ folder, path: 'a.log', maxBytes: 10, maxFiles: 2 })
    for (const id of ids) await notifier.notify(aMessage({ id }), aContext())
    expect((await readdir(folder)).sort()).to.deep.equal(['a.log', 'a.log.1'])
  })

  it('refuses to leave its folder', () => {
    for (const path of ['../x', '/etc/passwd', 'a/../../x', '.']) {
      expect(() => createFileNotifier({ folder, path, maxBytes: 1, maxFiles: 1 }), path).to.throw('spec.file.path')
    }
  })

  it('says why it could not write', async () => {
    const notifier = createFileNotifier({ folder: '/dev/null', path: 'a.log', maxBytes: 1, maxFiles: 1 })
    expect(await notifier.notify(aMessage(), aContext())).to.include({ sent: false, retry: true })
  })
})
