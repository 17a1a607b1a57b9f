import type { CapacityQuery } from '../capacity/query.ts'
import type { CapacityReport } from '../capacity/report.ts'
import type { Context } from '../context.ts'
import { type CapacityOptions, shownFacts } from '../options/capacity.ts'
import { isText } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'

/** Reads once, prints once. What could not be had is part of tables and documents, and of stderr for programs. */
export async function showCapacity(query: CapacityQuery, options: CapacityOptions, context: Context): Promise<void> {
  const report = await readReport(query, options, context)
  context.stdout.write(await formatReport(report, options, context))
  if (!isText(options.output)) for (const warning of report.warnings) context.stderr.write(`${warning}\n`)
}

/** From the file that the options name, else from the cluster. */
export async function readReport(
  query: CapacityQuery,
  options: CapacityOptions,
  context: Context,
): Promise<CapacityReport> {
  const { buildReport } = await import('../capacity/build-report.ts')
  if (options.file !== undefined) {
    const { readFileFacts } = await import('../sources/file-source.ts')
    return buildReport(await readFileFacts(options.file, context, query), query)
  }
  const [{ withCluster }, { readClusterFacts }] = await Promise.all([
    import('../sources/connect.ts'),
    import('../sources/cluster-source.ts'),
  ])
  const nowMs = () => context.clock.nowMs()
  return withCluster(options, context, async (client, signal) =>
    buildReport(await readClusterFacts({ client, signal, nowMs }, query), query),
  )
}

/** As the options ask; a table for the size and the colours of the screen. */
export async function formatReport(
  report: CapacityReport,
  options: CapacityOptions,
  context: Context,
): Promise<string> {
  const { output } = options
  if (output === 'csv') return (await import('../capacity/report-csv.ts')).reportCsv(report)
  if (!isText(output)) {
    const [{ formatDocument }, { reportDocument }] = await Promise.all([
      import('../output/document.ts'),
      import('../capacity/report-document.ts'),
    ])
    return formatDocument(reportDocument(report), output)
  }
  const { reportText } = await import('../capacity/report-text.ts')
  return reportText(report, {
    facts: shownFacts(report.view, options),
    isWide: output === 'wide',
    hasPodCount: options.podCount === true,
    width: context.stdout.columns,
    paint: choosePaint(context),
  })
}
