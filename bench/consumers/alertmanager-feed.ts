/** Posts the alerts of its plan to an Alertmanager at their times, over connections that it keeps. */
import { Agent, request } from 'node:http'
import { benchAlert } from '../notify/alerts.ts'
import { feedAtRate } from '../notify/feed.ts'
import { type AlertmanagerPlan, readPlan } from '../notify/plans.ts'
import { PutTimes } from '../notify/put-times.ts'
import { sayPhase, whenTold } from './phases.ts'

const plan = readPlan<AlertmanagerPlan>()
const agent = new Agent({ keepAlive: true })
const times = new PutTimes(plan.alerts)
const endpoint = new URL('/api/v2/alerts', plan.url)
const headers = { 'content-type': 'application/json' }
const answers: Promise<void>[] = []

function put(index: number): void {
  const { title, lines, labels, since, rule, object } = benchAlert(index, plan.groups)
  const alert = {
    labels: { ...labels, alertname: rule, name: object.name },
    annotations: { summary: title, description: lines.join('\n') },
    startsAt: since,
  }
  times.note(index)
  answers.push(post(JSON.stringify([alert])))
}

function post(body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const posting = request(endpoint, { agent, method: 'POST', headers }, (response) => {
      response.resume()
      if (response.statusCode === 200) response.once('end', resolve)
      else reject(new Error(`Alertmanager answered ${response.statusCode}`))
    })
    posting.once('error', reject)
    posting.end(body)
  })
}

sayPhase('ready')
await whenTold()
await feedAtRate(plan.alerts, plan.alertsPerSecond, put)
await Promise.all(answers)
sayPhase('put')
await times.save(plan.timesFile)
sayPhase('saved')
agent.destroy()
