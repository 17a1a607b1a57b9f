/**
 * One copy of what many pods share. Fifty thousand pods come from a few hundred templates: their namespaces, nodes, owners
 * and resources are kept once. Only saves memory: when a table is full it starts anew, and equal values exist twice.
 */
import { parseQuantity, type Quantity } from './quantity.ts'

const tableLimit = 50_000

export class Interner {
  readonly #texts = new Map<string, string>()
  readonly #quantities = new Map<string, Quantity>()
  readonly #values = new Map<string, unknown>()

  text(text: string): string {
    return remembered(this.#texts, text, () => text)
  }

  /** As `parseQuantity`, one object for each text. */
  readonly quantity = (text: string | number): Quantity => {
    return remembered(this.#quantities, String(text), () => parseQuantity(text))
  }

  /** The value made first under this key; the caller sees to it that equal keys mean equal values. */
  value<T>(key: string, make: () => T): T {
    return remembered(this.#values, key, make) as T
  }
}

function remembered<T>(table: Map<string, T>, key: string, make: () => T): T {
  const known = table.get(key)
  if (known !== undefined) return known
  const value = make()
  if (table.size >= tableLimit) table.clear()
  table.set(key, value)
  return value
}
