/**
 * The crash history's tables. `cluster` is the operator's own, so that several can share a database and none shows another's
 * crashes. What is searched by stands in columns, the rest is JSON; logs and words, which are long, have a table of their own.
 */
import { type TableSet, tableOptions as table } from '../migrate.ts'

/** Longer names are cut; Kubernetes has none, and an image that long is told by its beginning. */
export const longest = { name: 253, kind: 63, image: 700 } as const

const name = `VARCHAR(${longest.name})`

const begin = [
  `CREATE TABLE IF NOT EXISTS dogwatch_crash_version (
    one TINYINT PRIMARY KEY, version INT NOT NULL, texts TINYINT NOT NULL, removed INT UNSIGNED NOT NULL) ${table}`,
  'INSERT IGNORE INTO dogwatch_crash_version VALUES (1, 0, 0, 0)',
]

/** Where texts are: in either; new ones go into that of `dogwatch_crash_version.texts`. See text-tables.ts. */
export const textTables = ['dogwatch_crash_texts_0', 'dogwatch_crash_texts_1'] as const

const migrations = [
  [
    `CREATE TABLE IF NOT EXISTS dogwatch_crashes (
      seq BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, id VARCHAR(64) NOT NULL, cluster VARCHAR(64) NOT NULL, at_ms BIGINT NOT NULL,
      namespace ${name} NOT NULL, workload_kind VARCHAR(${longest.kind}) NOT NULL, workload_name ${name} NOT NULL,
      pod ${name}, container ${name}, node ${name}, image VARCHAR(${longest.image}), reason VARCHAR(32) NOT NULL,
      crashes INT UNSIGNED NOT NULL, has_log BOOLEAN NOT NULL, bytes INT UNSIGNED NOT NULL, record LONGTEXT NOT NULL,
      UNIQUE KEY id (id), KEY history (cluster, at_ms, id, bytes), KEY of_namespace (cluster, namespace, at_ms, id),
      KEY of_workload (cluster, workload_name, at_ms, id), KEY of_pod (cluster, pod, at_ms, id),
      KEY of_container (cluster, container, at_ms, id), KEY of_node (cluster, node, at_ms, id),
      KEY of_reason (cluster, reason, at_ms, id)) ${table}`,
    ...textTables.map(
      (name) => `CREATE TABLE IF NOT EXISTS ${name} (
      seq BIGINT UNSIGNED PRIMARY KEY, log LONGTEXT, words LONGTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      FULLTEXT KEY words (words)) ${table}`,
    ),
  ],
]

export const crashTables: TableSet = {
  title: 'the crash history',
  versionTable: 'dogwatch_crash_version',
  begin,
  migrations,
}
