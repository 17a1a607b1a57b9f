/** What stands in for an engine in tests holds to what engines hold to. */
import { itIsACrashHistory } from './crash-history-contract.ts'
import { MemoryCrashHistory } from './memory-crash-history.ts'

describe('crash history in memory', function () {
  this.timeout(60_000)
  let store = new Map()

  itIsACrashHistory(() => ({
    open: () => new MemoryCrashHistory(store),
    clear: async () => {
      store = new Map()
    },
  }))
})
