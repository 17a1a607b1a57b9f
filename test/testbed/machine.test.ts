/** What the testbed reads of a machine: ports, processes, mounts, firewall rules, logs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readAuditLog } from '../../hack/testbed/audit.ts'
import { withoutOwnRules } from '../../hack/testbed/node-host.ts'
import { arePortsFree, portsOfSlot, slotCount } from '../../hack/testbed/ports.ts'
import { isRunning, killProcessesOf, markVariable, processesOf, processIdentity } from '../../hack/testbed/processes.ts'
import { mountsUnder } from '../../hack/testbed/teardown.ts'

describe('ports of a slot', () => {
  it('belong to one slot and lie below the kernel’s range for outgoing connections', () => {
    const all = Array.from({ length: slotCount }, (_, slot) => Object.values(portsOfSlot(slot))).flat()
    expect(new Set(all).size).to.equal(all.length)
    expect(Math.max(...all)).to.be.below(32_768)
  })

  it('are not free when a stranger listens on one of them', async () => {
    const ports = portsOfSlot(slotCount - 1)
    expect(await arePortsFree(ports)).to.equal(true)
    const stranger = createServer().listen(ports.scheduler, '127.0.0.1')
    await once(stranger, 'listening')
    expect(await arePortsFree(ports)).to.equal(false)
    stranger.close()
  })
})

describe('processes of a cluster', () => {
  const mark = `/nowhere/${process.pid}`

  it('are found by their mark, also a grandchild whose parent is gone, and end', async () => {
    const script = 'sleep 60 & sleep 60 & exit 0'
    const shell = spawn('sh', ['-c', script], { env: { ...process.env, [markVariable]: mark }, stdio: 'ignore' })
    await once(shell, 'exit')
    const found = processesOf(mark)
    expect(found).to.have.length(2)
    const identities = found.map((pid) => processIdentity(pid)!)
    await killProcessesOf(mark)
    expect(processesOf(mark)).to.deep.equal([])
    expect(identities.map(isRunning)).to.deep.equal([false, false])
  })

  it('are not those of a cluster whose folder begins alike', async () => {
    const child = spawn('sleep', ['60'], { env: { ...process.env, [markVariable]: `${mark}-other` }, stdio: 'ignore' })
    await once(child, 'spawn')
    expect(processesOf(mark)).to.deep.equal([])
    expect(processesOf(`${mark}-other`)).to.deep.equal([child.pid])
    await killProcessesOf(`${mark}-other`)
  })

  it('have an identity that a later process of the same number has not', () => {
    const own = processIdentity(process.pid)!
    expect(isRunning(own)).to.equal(true)
    expect(isRunning({ ...own, startTicks: '1' })).to.equal(false)
  })
})

describe('mounts under a folder', () => {
  it('are given the deepest first, and no neighbour’s', () => {
    const mounts = [
      'overlay /tmp/a/root overlay rw 0 0',
      'proc /tmp/a/root/proc proc rw 0 0',
      'tmpfs /tmp/ab tmpfs rw 0 0',
      'tmpfs /tmp/a/with\\040blank tmpfs rw 0 0',
      'tmpfs /tmp/a tmpfs rw 0 0',
    ].join('\n')
    expect(mountsUnder('/tmp/a', mounts)).to.deep.equal(['/tmp/a/with blank', '/tmp/a/root/proc', '/tmp/a/root'])
  })
})

describe('firewall rules', () => {
  it('of a node go, all others stay', () => {
    const saved = [
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':KUBE-SERVICES - [0:0]',
      ':CNI-HOSTPORT-DNAT - [0:0]',
      ':DOCKER - [0:0]',
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A PREROUTING -j DOCKER',
      '-A KUBE-SVC-NPX46M4PTMTKRN6Y -j KUBE-SEP-OIVET6OYMYRTWAJR',
      '-A CNI-HOSTPORT-DNAT -p tcp -j CNI-DN-1',
      'COMMIT',
    ]
    const kept = ['*nat', ':PREROUTING ACCEPT [0:0]', ':DOCKER - [0:0]', '-A PREROUTING -j DOCKER', 'COMMIT']
    expect(withoutOwnRules(saved.join('\n'))).to.equal(kept.join('\n'))
  })
})

describe('the audit log', () => {
  it('is read without the line that is being written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dogwatch-audit-'))
    const file = join(folder, 'audit.jsonl')
    writeFileSync(file, '{"verb":"get"}\n{"verb":"list"}\n{"verb":"wat')
    expect((await readAuditLog(file)).map(({ verb }) => verb)).to.deep.equal(['get', 'list'])
    rmSync(folder, { recursive: true })
  })
})
