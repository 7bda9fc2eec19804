/**
 * The tables of the store, and how an older store becomes one of today. What is
 * written here once is never changed: a change is a further migration.
 */
import type { DatabaseSync } from 'node:sqlite';
import { addDrops } from './drop-migration.ts';

/** `Pwrd`: this is a store of Postward, whatever its name. */
export const APPLICATION_ID = 0x50777264;

/** Migration i brings version i to i + 1. Version 0 is an empty file. */
const MIGRATIONS: readonly ((database: DatabaseSync) => void)[] = [
  sql(`
  CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE list (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    stamp TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    unshared INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    registers INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entry (
    list TEXT NOT NULL,
    key TEXT NOT NULL,
    class TEXT NOT NULL,
    action TEXT NOT NULL,
    verb TEXT NOT NULL,
    comment TEXT NOT NULL,
    expires INTEGER,
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    stamp TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    unshared INTEGER NOT NULL,
    PRIMARY KEY (list, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_changed ON entry (changed);
  CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
  CREATE INDEX entry_deleted ON entry (changed) WHERE deleted = 1;
  CREATE INDEX entry_unshared ON entry (list, key) WHERE unshared = 1;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    operation TEXT NOT NULL,
    list TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT,
    after TEXT,
    origin TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_subject ON audit (list, subject);

  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    lists TEXT,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER
  ) STRICT, WITHOUT ROWID;
  `),
  addDrops,
  sql('ALTER TABLE token ADD COLUMN actions TEXT'),
];

function sql(text: string): (database: DatabaseSync) => void {
  return (database) => database.exec(text);
}

export const SCHEMA_VERSION = MIGRATIONS.length;

/** A file that is no store, or one of a later version. */
export class ForeignStore extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

/** @throws ForeignStore */
export function checkSchema(database: DatabaseSync): number {
  const version = numberOf(database, 'user_version');
  const application = numberOf(database, 'application_id');
  if (version > SCHEMA_VERSION && application === APPLICATION_ID) {
    throw new ForeignStore(
      `it was written by a later Postward (its version is ${version}, this one knows ${SCHEMA_VERSION})`,
      'run the later Postward again, or put a backup from before it in its place',
    );
  }
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (application !== APPLICATION_ID && !(isEmpty && application === 0)) {
    throw new ForeignStore(
      'it is a database of another program',
      'name another directory in the setting `data`',
    );
  }
  return version;
}

/** Makes or migrates the tables, all or nothing. @throws ForeignStore */
export function migrate(database: DatabaseSync, to = SCHEMA_VERSION): void {
  const version = checkSchema(database);
  if (version === to) return;
  database.exec('BEGIN IMMEDIATE');
  for (const step of MIGRATIONS.slice(version, to)) step(database);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${to}`);
  database.exec('COMMIT');
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
}
