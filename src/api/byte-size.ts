const unitBytes = { '': 1, Ki: 1_024, Mi: 1_048_576, Gi: 1_073_741_824 } as const

/** A whole number of bytes, or of Ki, Mi or Gi of them. */
export const byteSizePattern = /^([0-9]{1,12})(Ki|Mi|Gi)?$/

/** Bytes of `64Ki`, `10Mi` or a plain number; undefined when the value is no byte size. */
export function tryByteSize(value: number | string): number | undefined {
  const match = byteSizePattern.exec(String(value))
  if (match === null) return undefined
  return Number(match[1]) * unitBytes[(match[2] ?? '') as keyof typeof unitBytes]
}
