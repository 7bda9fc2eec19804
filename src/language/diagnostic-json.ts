/** Diagnostics for programs: `postward check --json` and the admin API. */
import type { Diagnostic } from './diagnostic.ts';

export interface DiagnosticJson {
  readonly severity: Diagnostic['severity'];
  readonly code: string;
  readonly message: string;
  /** One-based; `length` in UTF-16 code units. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly length?: number;
  readonly help?: string;
}

export function diagnosticJson({ severity, code, message, span, help }: Diagnostic): DiagnosticJson {
  const place = span && {
    file: span.source.file,
    ...span.source.position(span.start),
    length: span.end - span.start,
  };
  return { severity, code, message, ...place, ...(help === undefined ? {} : { help }) };
}
