/**
 * Where a command reads and writes, and whether people are there to see
 * colour. Commands get one handed in, so that tests can be the terminal.
 */
import { styleText } from 'node:util';
import { ZoneMask } from '../dns/zone-mask.ts';
import { formatDiagnostic } from '../language/code-frame.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import type { OperatorError } from '../util/operator-error.ts';

export interface Terminal {
  /** Standard output: what the command was asked for. */
  out(text: string): void;
  /** Standard error: what a person should know beside it. */
  error(text: string): void;
  readonly hasOutColour: boolean;
  readonly hasErrorColour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** All of standard input, up to a bound; undefined when a person would have to type it. */
  readInput(maxBytes: number): Promise<Buffer> | undefined;
}

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

export function painter(hasColour: boolean): Paint {
  return (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text);
}

/** The terminal, pipe or file that this process was started with. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // https://no-color.org: set and not empty, whatever it holds.
  const isColourWanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  // `postward explain … | head`: who reads has seen enough.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  return {
    out: (text) => void stdout.write(`${text}\n`),
    error: (text) => void stderr.write(`${text}\n`),
    hasOutColour: stdout.isTTY === true && isColourWanted,
    hasErrorColour: stderr.isTTY === true && isColourWanted,
    environment: env,
    directory: process.cwd(),
    readInput: (maxBytes) => (stdin.isTTY === true ? undefined : readAll(stdin, maxBytes)),
  };
}

async function readAll(stream: NodeJS.ReadStream, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** To standard error, with code frames. */
export function printDiagnostics(
  terminal: Terminal,
  diagnostics: readonly Diagnostic[],
  mask = new ZoneMask(),
): void {
  for (const diagnostic of diagnostics) {
    terminal.error(formatDiagnostic(diagnostic, { colour: terminal.hasErrorColour, mask }));
  }
}

/** What went wrong and what to do about it; never a stack. */
export function printOperatorError(terminal: Terminal, { message, help }: OperatorError): void {
  const paint = painter(terminal.hasErrorColour);
  terminal.error(`${paint('bold', 'postward')}: ${message}`);
  terminal.error(`${paint('bold', 'help')}: ${help}`);
}
