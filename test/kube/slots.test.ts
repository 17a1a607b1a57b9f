import { expect } from 'chai'
import { Slots } from '../../src/kube/slots.ts'
import { settle } from '../support/virtual-clock.ts'

const never = new AbortController().signal

describe('Slots', () => {
  it('lets so many in, and the rest in order', async () => {
    const slots = new Slots(2)
    const entered: number[] = []
    const releases: (() => void)[] = []
    for (const holder of [0, 1, 2, 3]) {
      slots.take(never).then(
        (release) => {
          entered.push(holder)
          releases[holder] = release
        },
        () => {},
      )
    }
    await settle()
    expect(entered).to.deep.equal([0, 1])
    releases[1]!()
    releases[1]!()
    await settle()
    expect(entered).to.deep.equal([0, 1, 2])
    releases[0]!()
    await settle()
    expect(entered).to.deep.equal([0, 1, 2, 3])
  })

  it('forgets who gave up waiting', async () => {
    const slots = new Slots(1)
    const release = await slots.take(never)
    const impatient = new AbortController()
    const waiting = slots.take(impatient.signal).catch((error: Error) => error.message)
    impatient.abort(new Error('enough'))
    expect(await waiting).to.equal('enough')
    release()
    ;(await slots.take(never))()
  })
})
