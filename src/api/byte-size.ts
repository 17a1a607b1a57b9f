import { parseQuantity, wholeValue } from '../model/quantity.ts'

/** A whole number of bytes, or of Ki, Mi or Gi of them. */
export const byteSizePattern = /^[0-9]{1,12}(Ki|Mi|Gi)?$/

/** Bytes of a size as a spec has it: `64Ki`, `10Mi` or a plain number. Raises INVALID_QUANTITY for anything else. */
export function byteCount(value: number | string): number {
  return Number(wholeValue(parseQuantity(value)))
}
