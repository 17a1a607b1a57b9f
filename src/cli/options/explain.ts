import { OperatorError } from '../../base/errors.ts'
import { type ExplainTarget, targetText } from '../explain/target.ts'
import type { CapacityOptions } from './capacity.ts'

type Flags = Readonly<Record<string, (options: CapacityOptions) => boolean>>

const filters: Flags = {
  '--namespace': ({ namespace }) => namespace !== undefined,
  '--selector': ({ selector }) => selector !== undefined,
  '--namespace-labels': ({ namespaceLabels }) => namespaceLabels !== undefined,
  '--node-labels': ({ nodeLabels }) => nodeLabels !== undefined,
  '--node-taints': ({ nodeTaints }) => nodeTaints !== undefined,
  '--no-taint': ({ taint }) => !taint,
  '--pool': ({ pool }) => pool !== undefined,
  '--pool-label': ({ poolLabel }) => poolLabel !== undefined,
}

const shown: Flags = {
  '--utilization': ({ utilization }) => utilization === true,
  '--available': ({ available }) => available === true,
  '--pods': ({ pods }) => pods === true,
  '--containers': ({ containers }) => containers === true,
  '--pod-count': ({ podCount }) => podCount === true,
  '--sort': ({ sort }) => sort.by !== 'name' || sort.isDescending,
  '--watch': ({ watch }) => watch === true,
}

/** Throws INVALID_OPTION for an option that --explain would not heed: nobody would see that it changed nothing. */
export function requireExplainable(target: ExplainTarget, options: CapacityOptions): void {
  const refuse = (flags: Flags, why: string) => {
    const flag = Object.keys(flags).find((name) => flags[name]!(options))
    if (flag === undefined) return
    throw new OperatorError('INVALID_OPTION', `--explain ${targetText(target)} does not go with ${flag}: ${why}`)
  }
  refuse(shown, 'it shows requests and limits, once, the largest part first')
  if (target.kind === 'NodePool') refuse({ '--pool': filters['--pool']! }, 'it names the pool itself')
  if (target.kind === 'NodePool' || target.kind === 'Cluster') return
  refuse(filters, 'it counts all that there is of it; filters go with pool/NAME and cluster')
}
