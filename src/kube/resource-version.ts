const decimal = /^[1-9][0-9]*$/

/**
 * Orders two resourceVersions of one resource type: negative when `left` is older, 0 when equal, positive when newer,
 * undefined when one of them is not a plain decimal and so says nothing. Decimals compare by length, then by character
 * (KEP-5504): they can exceed what a number holds.
 */
export function compareResourceVersions(left: string, right: string): number | undefined {
  if (left === right) return 0
  if (!decimal.test(left) || !decimal.test(right)) return undefined
  if (left.length !== right.length) return left.length - right.length
  return left < right ? -1 : 1
}

/** True only when both are comparable and `left` is strictly older. */
export function isOlderResourceVersion(left: string, right: string): boolean {
  const order = compareResourceVersions(left, right)
  return order !== undefined && order < 0
}
