import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kubernetes } from '../artifacts/kubernetes.ts'
import { nodeName } from '../cluster-files.ts'
import { importImageArchive } from '../container-images.ts'
import { writeBusyboxImage, writePauseImage } from '../images.ts'
import { containerdSocket } from '../node-host.ts'
import type { Part, PartContext } from '../part.ts'

const configFile = ({ files }: PartContext): string => files.config('kubelet.json')

/**
 * `failCgroupV1`: many machines still have the old control groups. Image collection off: nobody could pull them again. Logs are
 * rotated early and often, so that a test need not write much to see it.
 */
const configuration = ({ address, files, ports }: PartContext) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address,
  port: ports.kubelet,
  healthzPort: 0,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: files.pki.authority },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: files.pki.node.certificate,
  tlsPrivateKeyFile: files.pki.node.key,
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  resolvConf: '/etc/resolv.conf',
  podLogsDir: files.podLogs,
  staticPodPath: files.staticPods,
  containerLogMaxSize: '1Mi',
  containerLogMonitorInterval: '3s',
  volumePluginDir: join(files.dir, 'volume-plugins'),
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
  },
})

async function importOwnImages({ files }: PartContext): Promise<void> {
  for (const [name, write] of Object.entries({ pause: writePauseImage, busybox: writeBusyboxImage })) {
    const archive = files.config(`${name}.tar`)
    await write(archive)
    await importImageArchive(archive)
  }
}

export const kubelet: Part = {
  name: 'kubelet',
  binary: 'kubelet',
  artifact: kubernetes,
  isWanted: ({ node }) => node,
  isNode: true,
  readyWithinMs: 90_000,
  async prepare(context) {
    await mkdir(context.files.staticPods, { recursive: true })
    await writeFile(configFile(context), JSON.stringify(configuration(context)))
    await importOwnImages(context)
  },
  args: (context) =>
    [
      ['--config', configFile(context)],
      ['--kubeconfig', context.files.nodeKubeconfig],
      ['--root-dir', join(context.files.dir, 'kubelet')],
      ['--hostname-override', nodeName],
      ['--node-ip', context.address],
    ].flat(),
  isReady: async ({ address, get, ports }) => {
    const { body, status } = await get(`https://${address}:${ports.api}/api/v1/nodes/${nodeName}`)
    if (status !== 200) return false
    const conditions: { type: string; status: string }[] = JSON.parse(body).status.conditions ?? []
    return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
  },
}
