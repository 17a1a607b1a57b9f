type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The members that have a value, so that what is unknown is absent. */
export function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
}
