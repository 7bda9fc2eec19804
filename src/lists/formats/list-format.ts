/**
 * Lists as text, for import and export: access(5) files as postmap(1) reads
 * them, CSV (RFC 4180) and one JSON object a line. What cannot be read is told
 * with its line; nothing is left out in silence.
 */
import type { ListEntry } from '../../store/list-records.ts';
import { ACCESS_FORMAT } from './access-format.ts';
import { CSV_FORMAT } from './csv-format.ts';
import { NDJSON_FORMAT } from './ndjson-format.ts';

/** An entry as a text says it; not yet checked. */
export interface ImportedEntry {
  /** From 1. */
  readonly line: number;
  readonly key: string;
  readonly action: string;
  readonly comment: string;
  /** Milliseconds since 1970; null: never. */
  readonly expires: number | null;
}

export interface ImportMistake {
  readonly line: number;
  readonly message: string;
  readonly help: string;
}

export interface ImportedText {
  readonly entries: readonly ImportedEntry[];
  readonly mistakes: readonly ImportMistake[];
}

export interface ListFormat {
  readonly mediaType: string;
  read(text: string): ImportedText;
  /** What comes before the entries. */
  heading(list: string): string;
  /**
   * Whole lines. An entry that has expired is none: an import would not take it.
   *
   * @param nowMs milliseconds since 1970
   */
  write(entries: readonly ListEntry[], nowMs: number): string;
  /** False for an entry that the format has no line for. */
  canWrite(entry: Pick<ListEntry, 'key'>): boolean;
  /** What comes after the entries. @param leftOut how many of those in force could not be written */
  ending(leftOut: number): string;
}

export const LIST_FORMATS = {
  access: ACCESS_FORMAT,
  csv: CSV_FORMAT,
  ndjson: NDJSON_FORMAT,
} as const satisfies Readonly<Record<string, ListFormat>>;

export type ListFormatName = keyof typeof LIST_FORMATS;
