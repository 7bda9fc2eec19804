/**
 * Where a command reads and writes, and whether people are there to see
 * colour. Commands get one handed in, so that tests can be the terminal.
 */
import { styleText } from 'node:util';
import { ZoneMask } from '../dns/zone-mask.ts';
import { formatDiagnostic } from '../language/code-frame.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { OperatorError } from '../util/operator-error.ts';

export interface Terminal {
  /** Standard output: what the command was asked for. */
  out(text: string): void;
  /** Standard error: what a person should know beside it. */
  error(text: string): void;
  readonly hasOutColour: boolean;
  readonly hasErrorColour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /**
   * All of standard input; undefined when a person would have to type it.
   *
   * @throws OperatorError when it is larger than `maxBytes`
   */
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
    readInput: (maxBytes) => (stdin.isTTY === true ? undefined : readWhole(stdin, maxBytes)),
  };
}

/** @throws OperatorError when there is more */
export async function readWhole(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new OperatorError(
        'input-too-large',
        `standard input has more than ${maxBytes} bytes`,
        'hand in less of it: what is cut off would not be missed',
      );
    }
  }
  return Buffer.concat(chunks);
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
