/**
 * `postward doctor`: looks at a Postfix and at our own settings and policies, and
 * tells whether they fit: is Postward asked, from the right places, in time,
 * about every list it has, and do both mean the same hosts and domains.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { zoneMask } from '../dns/open-dns.ts';
import { examination } from '../doctor/examination.ts';
import type { Finding } from '../doctor/finding.ts';
import { type PostfixService, readPostfix } from '../doctor/postfix-config.ts';
import type { OwnSide } from '../doctor/wiring.ts';
import { type Examined, examine } from '../import/examine.ts';
import { parseMainCf } from '../language/main-cf.ts';
import { Source } from '../language/source.ts';
import { visible } from '../language/visible.ts';
import { parseSocketAddress } from '../net/socket-address.ts';
import { readHostFacts } from '../policy/host-facts.ts';
import { listPolicyFiles } from '../settings/policy-files.ts';
import type { Settings } from '../settings/settings.ts';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';

const POSTCONF_TIMEOUT_MS = 10_000;
const POSTCONF_BYTES = 16 * 1024 * 1024;

const FINE = 0;
const DOUBTFUL = 1;
const BROKEN = 2;

const STYLES = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** @returns 0 when all is well, 1 with warnings and `--strict`, 2 with errors */
export async function doctor(options: OptionValues, terminal: Terminal): Promise<number> {
  const settings = settingsFor(options, terminal);
  const directory = resolve(terminal.directory, String(options['postfix']));
  const { services, origin, refusal } = postfixAt(directory, terminal.environment);
  // What is said of restrictions may name a DNSBL with a key.
  const findings = zoneMask(settings.dns.zones).value([
    ...refused(refusal),
    ...examination(services, ownSide(settings)),
  ]);
  const hasErrors = findings.some(({ level }) => level === 'error');
  const hasWarnings = findings.some(({ level }) => level === 'warning');
  if (options['json'] === true) terminal.out(JSON.stringify({ postfix: origin, findings }, undefined, 2));
  else print(findings, origin, terminal);
  if (hasErrors) return BROKEN;
  return hasWarnings && options['strict'] === true ? DOUBTFUL : FINE;
}

interface ToldPostfix {
  readonly services: readonly PostfixService[];
  /** Whose word it is. */
  readonly origin: string;
  /** Why postconf(1) does not read the configuration; '' when it does, or does not run at all. */
  readonly refusal: string;
}

/** By what postconf(1) says of it, defaults of its version included; without postconf by its files. */
function postfixAt(directory: string, environment: Terminal['environment']): ToldPostfix {
  const mainFile = join(directory, 'main.cf');
  const masterFile = join(directory, 'master.cf');
  if (!existsSync(mainFile)) {
    throw new OperatorError(
      'no-postfix',
      `there is no \`${mainFile}\``,
      'name the directory of the Postfix configuration with `--postfix`',
    );
  }
  const { told, refusal } = postconf(directory, environment);
  const mainCf = told === undefined ? sourceOf(mainFile) : new Source(`postconf -c ${directory} -x`, told);
  const services = readPostfix({
    mainCf,
    masterCf: existsSync(masterFile) ? sourceOf(masterFile) : undefined,
    configDirectory: directory,
    host: readHostFacts(),
  });
  const without = refusal === '' ? 'postconf does not run here' : 'postconf refuses it';
  const origin = told === undefined ? `${mainFile} (${without})` : mainCf.file;
  return { services, origin, refusal };
}

function postconf(
  directory: string,
  env: Terminal['environment'],
): { readonly told: string | undefined; readonly refusal: string } {
  const { status, stdout, stderr } = spawnSync('postconf', ['-c', directory, '-x'], {
    env,
    encoding: 'utf8',
    timeout: POSTCONF_TIMEOUT_MS,
    maxBuffer: POSTCONF_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return { told: stdout, refusal: '' };
  return { told: undefined, refusal: /fatal: (.*)/.exec(stderr ?? '')?.[1] ?? '' };
}

/** What postconf(1) cannot read, Postfix cannot. */
function refused(refusal: string): Finding[] {
  if (refusal === '') return [];
  return [
    {
      level: 'error',
      code: 'refused',
      service: '',
      message: `Postfix itself does not run with this configuration: ${visible(refusal)}`,
      help: 'mend that first; `postward check` names each such line of a main.cf',
    },
  ];
}

function sourceOf(file: string): Source {
  try {
    return new Source(file, readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(
      'unreadable-main-cf',
      `cannot read \`${file}\`: ${systemErrorReason(error)}`,
      'run this as a user that may read it',
    );
  }
}

function ownSide(settings: Settings): OwnSide {
  const policies = new Map<string, Examined>();
  for (const [name, file] of listPolicyFiles(settings.policies, () => {})) {
    const assignments = parseMainCf(sourceOf(file), () => {});
    policies.set(name, examine(name, assignments, { configDirectory: dirname(file), host: readHostFacts() }));
  }
  return {
    sockets: settings.listen.flatMap(({ address, policy }) => {
      const parsed = parseSocketAddress(address);
      return parsed === undefined ? [] : [{ address: parsed, policy }];
    }),
    policies,
    deadlineSeconds: settings.decision.deadline_seconds,
    idleSeconds: settings.limits.idle_seconds,
    connections: settings.limits.connections,
    permitAction: settings.permit_action,
  };
}

function print(findings: readonly Finding[], origin: string, terminal: Terminal): void {
  const paint = painter(terminal.hasOutColour);
  terminal.out(`Postfix as told by ${origin}`);
  for (const { level, service, message, help } of findings) {
    const about = service === '' ? '' : `${service}: `;
    terminal.out(`${paint(STYLES[level], level.padEnd(7))} ${about}${message}`);
    if (help !== '') terminal.out(`        help: ${help}`);
  }
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  const style = errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green';
  terminal.out(paint(style, `${number(errors, 'error')}, ${number(warnings, 'warning')}`));
}

function number(amount: number, what: string): string {
  return `${amount === 0 ? 'no' : amount} ${what}${amount === 1 ? '' : 's'}`;
}
