import { Readable } from 'node:stream';
import { readWhole, type Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is written to it. */
export class FakeTerminal implements Terminal {
  output = '';
  errors = '';
  hasOutColour = false;
  hasErrorColour = false;
  environment: Record<string, string> = {};
  directory: string;
  /** What stands on standard input; undefined: a person sits there. */
  input: string | undefined;

  constructor(directory = '/nowhere') {
    this.directory = directory;
  }

  out(text: string): void {
    this.output += `${text}\n`;
  }

  error(text: string): void {
    this.errors += `${text}\n`;
  }

  readInput(maxBytes: number): Promise<Buffer> | undefined {
    return this.input === undefined
      ? undefined
      : readWhole(Readable.from([Buffer.from(this.input)]), maxBytes);
  }
}
