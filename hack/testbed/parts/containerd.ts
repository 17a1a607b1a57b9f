import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { containerd as artifact } from '../artifacts/containerd.ts'
import { debianProgram, networkPluginFolder } from '../debian.ts'
import { pauseImage } from '../images.ts'
import { bridgeName, containerdSocket, networkName, nodeSocketFolder, podNetwork } from '../node-host.ts'
import type { Part, PartContext } from '../part.ts'
import { runCommand } from '../run-command.ts'

const networkFolder = ({ files }: PartContext): string => files.config('cni')

function networkConfig({ files }: PartContext): object {
  const addresses = {
    type: 'host-local',
    dataDir: join(files.dir, 'pod-addresses'),
    ranges: [[{ subnet: podNetwork }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  const bridge = {
    type: 'bridge',
    bridge: bridgeName,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: addresses,
  }
  const portMapping = { type: 'portmap', capabilities: { portMappings: true } }
  return { cniVersion: '0.4.0', name: networkName, plugins: [bridge, portMapping] }
}

/** Without `restrict_oom_score_adj` every sandbox dies where the machine withholds the right to lower that score. */
function configText(context: PartContext): string {
  const folder = join(context.files.dir, 'containerd')
  return `version = 3
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${containerdSocket}"
[plugins.'io.containerd.internal.v1.opt']
  path = "${folder}/opt"
[plugins.'io.containerd.nri.v1.nri']
  disable = true
[plugins.'io.containerd.shim.v1.manager']
  socket_dir = "${nodeSocketFolder}/shims"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${pauseImage}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["${networkPluginFolder}"]
    conf_dir = "${networkFolder(context)}"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      Root = "${folder}/runc"
      BinaryName = "${debianProgram('runc')}"
      SystemdCgroup = false
`
}

const configFile = ({ files }: PartContext): string => files.config('containerd.toml')

export const containerd: Part = {
  name: 'containerd',
  binary: 'containerd',
  artifact,
  isWanted: ({ node }) => node,
  isFirst: true,
  isNode: true,
  async prepare(context) {
    await mkdir(networkFolder(context), { recursive: true })
    await writeFile(join(networkFolder(context), '10-bridge.conflist'), JSON.stringify(networkConfig(context)))
    await writeFile(configFile(context), configText(context))
  },
  args: (context) => ['--config', configFile(context)],
  isReady: async ({ artifactFolder }) => {
    const ctr = join(artifactFolder(artifact), 'ctr')
    return (await runCommand(ctr, ['--address', containerdSocket, 'version'])).code === 0
  },
}
