/**
 * The tables of the crash history's file. A crash's place is its time in milliseconds, shifted, plus a number among those of the
 * same moment: so the index of words, which gives what it finds by row number, gives it in the order of time.
 */
import type { FileFormat } from './file-format.ts'

/** Crashes of one moment that can be told apart: two million. The latest time that is taken fits into what is left of 63 bits. */
export const placeShift = 21

export const crashFormat: FileFormat = {
  name: 'the crash history',
  /** "dogc" */
  applicationId: 0x646f6763,
  sizeOption: '--crash-history-max-bytes',
  // The index holds no text of its own: that lies compressed in the bodies. It is tidied in small steps, never by itself, as that
  // may take seconds. Its column `scope` has a word for each thing that a crash can be asked for by (crash-match.ts).
  migrations: [
    `
    CREATE TABLE crashes (
      place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, workload TEXT NOT NULL,
      reason TEXT NOT NULL, node TEXT, image TEXT, crashes INTEGER NOT NULL);
    CREATE INDEX crashes_namespace ON crashes (namespace);
    CREATE TABLE bodies (place INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(log, message, cause, scope,
      content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0");
    INSERT INTO words (words, rank) VALUES ('automerge', 0);
    `,
  ],
}
