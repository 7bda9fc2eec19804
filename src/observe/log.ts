/**
 * The log: JSON lines by pino, one typed function per event of events.ts, and
 * a line for each decision. Owns the form of the log, and hides the keys of
 * DNSBLs in all of it; what is worth logging, and when, is its callers'
 * business.
 */
import { pino } from 'pino';
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Decision } from '../engine/decision.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { formatSpan } from '../language/source.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { type DecisionContext, decisionRecord, warningMessage } from './decision-line.ts';
import { EVENTS, type EventFields, type EventName, type EventRow, type LogLevel } from './events.ts';
import { asText, type LogDestination } from './log-destination.ts';
import { printable } from './printable.ts';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** `objections`: no line for a plain permit. */
  readonly decisions: 'all' | 'objections';
  readonly mask: ZoneMask;
}

type EventFunctions = { readonly [E in EventName]: (fields: EventFields<E>) => void };

export interface Log extends EventFunctions {
  /**
   * One line for the decision, one more for each restriction that warn_if_reject softened.
   *
   * @returns the line for the decision, without its end; undefined when it is not logged
   */
  decision(decision: Decision, request: PolicyRequest, context: DecisionContext): string | undefined;
  diagnostic(diagnostic: Diagnostic): void;
}

export function createLog(options: LogOptions, destination: LogDestination): Log {
  const { mask } = options;
  const output = options.format === 'text' ? asText(destination) : destination;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );

  const functions = Object.fromEntries(
    Object.entries(EVENTS).map(([name, row]) => [
      name,
      (fields: Readonly<Record<string, unknown>>) => {
        if (!logger.isLevelEnabled(row.level)) return;
        const safe = safeFields(fields, mask);
        logger[row.level]({ event: name, ...safe }, render(row, safe));
      },
    ]),
  ) as unknown as EventFunctions;

  return {
    ...functions,
    decision(decision, request, context) {
      if (!logger.isLevelEnabled('info')) return undefined;
      for (const warning of decision.warnings) {
        if (warning.code !== 'reject_warning') continue;
        const { list, step, reply } = warning;
        const fields = {
          event: 'reject_warning',
          policy: context.policy,
          list,
          restriction: step.restriction,
          code: reply?.code,
          dsn: reply?.dsn,
          reply: reply && printable(mask.text(reply.text)),
        };
        logger.info(fields, warningMessage(warning, request, mask));
      }
      const isPlain =
        decision.verdict === 'permit' && decision.effects.length === 0 && decision.warnings.length === 0;
      if (isPlain && options.decisions === 'objections') return undefined;
      // pino takes three times as long for a record as wide as this.
      const line = JSON.stringify(decisionRecord(decision, request, context, mask));
      output.write(`${line}\n`);
      return line;
    },
    diagnostic({ severity, code, message, span, help }) {
      const fields = {
        place: span === undefined ? 'postward' : formatSpan(span),
        code,
        message,
        help: help ?? '',
      };
      functions[`diagnostic_${severity}`](fields);
    },
  };
}

function safeFields(fields: Readonly<Record<string, unknown>>, mask: ZoneMask): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) safe[name] = value.map((text) => printable(mask.text(String(text))));
    else safe[name] = typeof value === 'string' ? printable(mask.text(value)) : value;
  }
  return safe;
}

function render(row: EventRow, fields: Readonly<Record<string, unknown>>): string {
  return row.message.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name];
    return Array.isArray(value) ? value.join(', ') : String(value);
  });
}
