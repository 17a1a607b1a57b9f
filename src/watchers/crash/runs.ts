/**
 * Which runs of a container ended since it was last looked at. The kubelet shows at most the last two; how many there were is
 * told from its count of restarts, so that those between two looks are counted although nobody saw how they ended.
 */
import { defined } from './defined.ts'
import type { ContainerFacts, EndFacts } from './pod-facts.ts'
import type { RunMemory } from './sighting.ts'

/** Some ends of a container, the last of which may be known. */
export interface EndedRun {
  /** Absent: the kubelet no longer says how it ended. */
  readonly end: EndFacts | undefined
  /** How many of the container's runs had ended then. */
  readonly number: number
  /** At least 1: with those before it of which nothing is known. */
  readonly runs: number
}

export interface RunsLook {
  /** New ones, oldest first. */
  readonly ended: readonly EndedRun[]
  readonly memory: RunMemory
}

export function lookAtRuns(container: ContainerFacts, memory: RunMemory | undefined): RunsLook {
  const shown = shownEnds(container)
  const last = shown.at(-1)
  const count = endedCount(container)
  if (memory !== undefined && isSameEnd(memory, last, count)) {
    return { ended: [], memory: last?.containerId === undefined ? memory : runMemory(memory.ended, last) }
  }
  if (memory !== undefined && isBack(memory, last, count)) return { ended: [], memory }
  const counted = count - (memory?.ended ?? 0)
  const unseen = unseenEnds(shown, memory, counted).filter((end) => counted > 0 || isLater(end, memory, end === last))
  return {
    ended: spread(unseen, Math.max(counted, unseen.length), count),
    memory: runMemory(count, last),
  }
}

export function runMemory(ended: number, last: EndFacts | undefined): RunMemory {
  const { containerId, finishedMs } = last ?? {}
  return { ended, ...defined({ containerId, finishedMs }) }
}

/**
 * A cluster that was rolled back shows what it showed before, until the kubelet writes how it is. A count that begins anew
 * because the node does has an end that came later.
 */
function isBack(memory: RunMemory, last: EndFacts | undefined, count: number): boolean {
  if (count >= memory.ended) return false
  if (last === undefined) return true
  const { finishedMs } = last
  return finishedMs !== undefined && memory.finishedMs !== undefined && finishedMs <= memory.finishedMs
}

/** Times are whole seconds: of two ends in the same second only the last that is shown can be the later one. */
function isLater({ finishedMs }: EndFacts, memory: RunMemory | undefined, isLast: boolean): boolean {
  if (finishedMs === undefined || memory?.finishedMs === undefined) return true
  return isLast ? finishedMs >= memory.finishedMs : finishedMs > memory.finishedMs
}

/** Of the run before, then of this one. A kubelet that starts anew shows the last one twice for a while. */
function shownEnds({ state, lastEnd }: ContainerFacts): readonly EndFacts[] {
  const current = state.kind === 'ended' ? state.end : undefined
  const isTwice = current?.containerId !== undefined && current.containerId === lastEnd?.containerId
  return [isTwice ? undefined : lastEnd, current].filter((end) => end !== undefined)
}

/**
 * The kubelet counts a restart when it makes the next container, so a run that ended and was not started again yet is one
 * more; where it lost a container it counts at once.
 */
function endedCount({ state, lastEnd, restartCount }: ContainerFacts): number {
  if (state.kind === 'ended') return restartCount + (isLost(state.end) && restartCount > 0 ? 0 : 1)
  const isWaiting = state.kind === 'waiting' && lastEnd !== undefined && !isLost(lastEnd)
  return restartCount + (isWaiting ? 1 : 0)
}

function isLost({ containerId }: EndFacts): boolean {
  return containerId === undefined
}

function isSameEnd(memory: RunMemory, last: EndFacts | undefined, count: number): boolean {
  if (memory.containerId !== undefined && last?.containerId !== undefined) {
    return memory.containerId === last.containerId
  }
  return count <= memory.ended
}

function unseenEnds(shown: readonly EndFacts[], memory: RunMemory | undefined, counted: number): readonly EndFacts[] {
  if (memory !== undefined && memory.containerId === undefined) return shown.slice(-Math.max(counted, 1))
  const seenAt = shown.findIndex(({ containerId }) => containerId !== undefined && containerId === memory?.containerId)
  return shown.slice(seenAt + 1)
}

/** What nobody saw came before what is shown. */
function spread(unseen: readonly EndFacts[], total: number, count: number): EndedRun[] {
  if (unseen.length === 0) return total > 0 ? [{ end: undefined, number: count, runs: total }] : []
  return unseen.map((end, i) => ({
    end,
    number: count - (unseen.length - 1 - i),
    runs: i === 0 ? total - (unseen.length - 1) : 1,
  }))
}
