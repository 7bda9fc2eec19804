/**
 * `postward health`: asks a running daemon whether it is ready, over its
 * admin address. For people, scripts and Docker's HEALTHCHECK.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HealthReport } from '../admin/health.ts';
import { visible } from '../language/visible.ts';
import { parseSocketAddress } from '../net/socket-address.ts';
import { OperatorError } from '../util/operator-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';

const TIMEOUT_MS = 3000;
/** A provider with hundreds of policies may have as many doubts about their wiring. */
const MAX_ANSWER_BYTES = 1_048_576;

const STYLES = { pass: 'green', warn: 'yellow', fail: 'red' } as const;

/** @returns 0 when it can decide, 1 when not */
export async function health(options: OptionValues, terminal: Terminal): Promise<number> {
  const { address, tls } = settingsFor(options, terminal).admin;
  if (address === 'off') {
    throw new OperatorError(
      'admin-off',
      'the admin address is off, so there is nobody to ask',
      'set `admin`',
    );
  }
  const report = await ask(address, tls.certificate !== undefined);
  const paint = painter(terminal.hasOutColour);
  terminal.out(`${paint(STYLES[report.status], report.status)} postward ${visible(report.version)}`);
  for (const { name, status, reason } of report.checks) {
    terminal.out(`  ${paint(STYLES[status], status)} ${visible(name)}: ${visible(reason)}`);
  }
  return report.status === 'fail' ? 1 : 0;
}

async function ask(text: string, hasTls: boolean): Promise<HealthReport> {
  const address = parseSocketAddress(text);
  if (address === undefined) throw new Error(`settings let \`${text}\` through`);
  const where =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  const request = hasTls ? requestHttps : requestHttp;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // The certificate is made out to names, and we ask by address; nothing secret is said either way.
      const tls = hasTls ? { rejectUnauthorized: false } : {};
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      request({ ...where, ...tls, path: '/readyz', agent: false, signal })
        .on('response', resolve)
        .on('error', reject)
        .end();
    });
    const report = JSON.parse(await textOf(response)) as Partial<HealthReport>;
    if (report.status === undefined || !(report.status in STYLES) || !Array.isArray(report.checks)) {
      throw new Error('it is not a Postward that answers');
    }
    return report as HealthReport;
  } catch (error) {
    const reason = reasonOf(error as NodeJS.ErrnoException);
    throw new OperatorError(
      'not-reachable',
      `no health from \`${text}\`: ${reason}`,
      'is the daemon running, and is this its admin address?',
      { cause: error },
    );
  }
}

function reasonOf({ name, code, message }: NodeJS.ErrnoException): string {
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time';
  if (code === 'ECONNREFUSED') return 'connection refused';
  return code === 'ENOENT' ? 'no such socket' : message;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}
