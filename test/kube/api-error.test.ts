import { expect } from 'chai'
import { errorFromAnswer } from '../../src/kube/api-error.ts'

const answer = (status: number, body: unknown, retryAfter?: string) =>
  errorFromAnswer('GET /api/v1/pods', {
    status,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    retryAfter,
  })

describe('errorFromAnswer', () => {
  it('says what was asked and what the server said', () => {
    const error = answer(403, { reason: 'Forbidden', message: 'pods is forbidden' })
    expect(error.message).to.equal('GET /api/v1/pods: 403 pods is forbidden')
    expect(error).to.include({ code: 'API_FORBIDDEN', status: 403, reason: 'Forbidden' })
  })

  const codes: [number, string][] = [
    [400, 'API_INVALID'],
    [401, 'API_UNAUTHORIZED'],
    [404, 'API_NOT_FOUND'],
    [409, 'API_CONFLICT'],
    [410, 'API_EXPIRED'],
    [418, 'API_INVALID'],
    [422, 'API_INVALID'],
    [429, 'API_THROTTLED'],
    [500, 'API_SERVER'],
    [503, 'API_SERVER'],
    [504, 'API_TIMEOUT'],
  ]
  for (const [status, code] of codes) it(`${status} is ${code}`, () => expect(answer(status, {}).code).to.equal(code))

  it('takes the wait from the header, else from the status', () => {
    expect(answer(429, {}, '3').retryAfterMs).to.equal(3000)
    expect(answer(429, { details: { retryAfterSeconds: 5 } }).retryAfterMs).to.equal(5000)
    expect(answer(429, {}, 'soon').retryAfterMs).to.equal(undefined)
  })

  it('keeps little of a page that is no Status', () => {
    const error = answer(502, `<html>${'x'.repeat(5000)}</html>`)
    expect(error.code).to.equal('API_SERVER')
    expect(error.message.length).to.be.lessThan(300)
  })

  it('finds words for an empty answer', () => {
    expect(answer(500, '').message).to.equal('GET /api/v1/pods: 500 no explanation')
  })
})
