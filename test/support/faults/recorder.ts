/** The other end of each channel, noting what people there would see. */

export type Promised = 'once' | 'once where the receiver honours the key' | 'once, best effort' | 'at least once'

/** One message that came. */
export interface Told {
  /** The names of the objects that it is about. */
  readonly about: readonly string[]
  readonly reason: string
  readonly isPossibleRepeat: boolean
  /** What the receiver knows a repeat by; absent where it knows none. */
  readonly key?: string
}

export interface Recorder {
  readonly promise: Promised
  /** The channel as a receiver's spec has it. */
  readonly channel: object
  readonly secrets?: readonly { readonly name: string; readonly key: string; readonly value: string }[]
  told(): Promise<readonly Told[]> | readonly Told[]
  /** Called as the first message about a victim has come and before it is answered. */
  onArrival?: (() => void) | undefined
  stop(): Promise<void>
}

/** What came about an object, as people count it: a repeat that the receiver knows by its key is none. */
export async function heardOf(recorder: Recorder, name: string): Promise<string> {
  const all = (await recorder.told()).filter(({ about }) => about.includes(name))
  const firsts = all.filter(({ key }, index) => key === undefined || all.findIndex((one) => one.key === key) === index)
  return firsts.map(textOf).join(', ') || 'nothing'
}

function textOf({ reason, isPossibleRepeat, key }: Told): string {
  return isPossibleRepeat && key === undefined ? `${reason} (possible repeat)` : reason
}
