/** What is remembered between two processes, in a map that the test keeps. */
export function factStore(facts: Map<string, string>) {
  return {
    remember: (name: string, value: string | undefined) =>
      value === undefined ? void facts.delete(name) : void facts.set(name, value),
    recall: (prefix: string) => new Map([...facts].filter(([name]) => name.startsWith(prefix))),
  }
}
