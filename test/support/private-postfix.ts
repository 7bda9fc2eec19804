/**
 * A real Postfix of its own for a test: Debian's programs, but every file in a
 * temporary directory, its own loopback address, and a mount namespace in
 * which that directory is /etc/postfix and /etc/resolv.conf names one DNS
 * server. So a policy can say `hash:/etc/postfix/reject_client` and mean the
 * test's file, and nothing of the machine's own Postfix is read or changed.
 *
 * It accepts XCLIENT from anybody, delivers nowhere (discard), and runs one
 * smtpd per service: the same main.cf with other parameters laid over it, as
 * `-o` in master.cf does.
 *
 * Needs root and `requirement('postfix')`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, open, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type DovecotAuth, startDovecotAuth } from './dovecot-auth.ts';
import { inNamespace } from './mount-namespace.ts';
import { SmtpSession } from './smtp-session.ts';

const run = promisify(execFile);

/** Keys and certificates; see the README there. */
export const CERTIFICATES = join(import.meta.dirname, '../fixtures/tls');
const LIBRARIES = '/usr/lib/postfix';
const FIRST_PORT = 2501;
/** Types whose text postmap compiles; Postfix reads all others as they are. */
const INDEXED = ['hash', 'btree', 'lmdb', 'cdb'];
const START_LIMIT_MS = 60_000;
const LOG_LIMIT_MS = 20_000;

export interface TableFile {
  /** File name below /etc/postfix. */
  readonly name: string;
  /** Table type; the indexed ones go through postmap. */
  readonly type: string;
  readonly text: string;
}

export interface PrivatePostfixOptions {
  /** What the test is about; stands after the harness's own parameters. */
  readonly mainCf: string;
  readonly tables?: readonly TableFile[];
  /** Loopback address to listen on; see loopback-address.ts. */
  readonly address: string;
  /** Address of a DNS server on port 53. */
  readonly nameserver: string;
  /** Name → parameters laid over main.cf for that smtpd alone. */
  readonly services: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface PrivatePostfix {
  /** What is mounted at /etc/postfix in its namespace, for others to mount. */
  readonly etcPostfix: string;
  port(service: string): number;
  /**
   * What smtpd logged for a service's first `count` SMTP sessions: one array for each, in order, without time and
   * process. Waits for the log to hold them. @throws Error when it does not within seconds.
   */
  sessions(service: string, count: number): Promise<string[][]>;
  stop(): Promise<void>;
}

/** @throws Error with Postfix's own words when it does not start. */
export async function startPostfix(options: PrivatePostfixOptions): Promise<PrivatePostfix> {
  const root = await mkdtemp(join(tmpdir(), 'postward-postfix-'));
  const instance = new Instance(root, options);
  try {
    await instance.start();
  } catch (error) {
    await instance.stop();
    throw error;
  }
  return instance;
}

class Instance implements PrivatePostfix {
  readonly etcPostfix: string;
  readonly #root: string;
  readonly #options: PrivatePostfixOptions;
  #auth: DovecotAuth | undefined;
  #master: ChildProcess | undefined;

  constructor(root: string, options: PrivatePostfixOptions) {
    this.#root = root;
    this.#options = options;
    this.etcPostfix = join(root, 'etc');
  }

  port(service: string): number {
    const index = Object.keys(this.#options.services).indexOf(service);
    if (index < 0) throw new Error(`no service ${service}`);
    return FIRST_PORT + index;
  }

  async sessions(service: string, count: number): Promise<string[][]> {
    const deadline = Date.now() + LOG_LIMIT_MS;
    for (;;) {
      // The first session was ours, to see that it is up.
      const sessions = sessionsOf(await this.#log(), service).slice(1);
      if (sessions.filter(isOver).length >= count) return sessions;
      if (Date.now() > deadline) {
        const unfinished = sessions.filter((session) => !isOver(session)).map((lines) => lines.join('\n'));
        throw new Error(
          `Postfix logged ${sessions.length} of ${count} sessions; not to their end:\n${unfinished}`,
        );
      }
      await sleep(5);
    }
  }

  async start(): Promise<void> {
    await this.#layOut();
    this.#auth = await startDovecotAuth(join(this.#root, 'auth'));
    const { program, args } = inNamespace(
      { '/etc/postfix': this.etcPostfix, '/etc/resolv.conf': join(this.#root, 'resolv.conf') },
      join(LIBRARIES, 'sbin/master'),
      ['-d', '-c', '/etc/postfix'],
    );
    const errors = await open(join(this.#root, 'errors'), 'w');
    // A process group of its own: master ends its group when it ends.
    const master = spawn(program, args, {
      stdio: ['ignore', errors.fd, errors.fd],
      detached: true,
      env: { ...process.env, RES_OPTIONS: 'timeout:1 attempts:1' },
    });
    await errors.close();
    this.#master = master;
    const deadline = Date.now() + START_LIMIT_MS;
    for (const service of Object.keys(this.#options.services)) {
      while (!(await answers(this.#options.address, this.port(service)))) {
        if (master.exitCode !== null || Date.now() > deadline) {
          const errors = await readFile(join(this.#root, 'errors'), 'utf8');
          throw new Error(`Postfix did not start:\n${errors}${await this.#log()}`);
        }
        await sleep(20);
      }
    }
  }

  async stop(): Promise<void> {
    const master = this.#master;
    if (master !== undefined && master.exitCode === null && master.signalCode === null) {
      master.kill('SIGTERM');
      await once(master, 'exit');
    }
    await this.#auth?.stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  /** Postfix's whole log so far; '' before the first line. */
  async #log(): Promise<string> {
    return readFile(join(this.#root, 'mail.log'), 'utf8').catch(() => '');
  }

  async #layOut(): Promise<void> {
    const root = this.#root;
    const { uid, postdrop } = await postfixIds();
    await chmod(root, 0o755);
    await mkdir(this.etcPostfix);
    const queue = join(root, 'queue');
    await mkdir(join(queue, 'pid'), { recursive: true });
    for (const name of [
      'active',
      'defer',
      'deferred',
      'bounce',
      'corrupt',
      'hold',
      'incoming',
      'private',
      'trace',
    ]) {
      await mkdir(join(queue, name), { mode: 0o700 });
      await chown(join(queue, name), uid, 0);
    }
    for (const [name, mode] of [
      ['maildrop', 0o1730],
      ['public', 0o710],
    ] as const) {
      await mkdir(join(queue, name));
      await chown(join(queue, name), uid, postdrop);
      await chmod(join(queue, name), mode);
    }
    await mkdir(join(root, 'data'));
    await chown(join(root, 'data'), uid, 0);
    await cp(CERTIFICATES, join(this.etcPostfix, 'tls'), { recursive: true });
    await writeFile(join(root, 'resolv.conf'), `nameserver ${this.#options.nameserver}\n`);
    await this.#writeOld('main.cf', laidOver(harnessParameters(root), this.#options.mainCf));
    await this.#writeOld('master.cf', this.#masterCf());
    // Debian's packages for single table types register themselves here.
    const types = ['cdb', 'lmdb', 'pcre'].map(
      (type) => `${type} postfix-${type}.so dict_${type}_open mkmap_${type}_open`,
    );
    await this.#writeOld('dynamicmaps.cf', `${types.join('\n')}\n`);
    for (const table of this.#options.tables ?? []) {
      await this.#writeOld(table.name, table.text);
      if (INDEXED.includes(table.type)) {
        await run('postmap', ['-c', this.etcPostfix, `${table.type}:${join(this.etcPostfix, table.name)}`]);
      }
    }
  }

  /** Postfix waits until a file that it reads is more than a second old. */
  async #writeOld(name: string, text: string): Promise<void> {
    const file = join(this.etcPostfix, name);
    await writeFile(file, text, { mode: 0o644 });
    const aMinuteAgo = Date.now() / 1000 - 60;
    await utimes(file, aMinuteAgo, aMinuteAgo);
  }

  #masterCf(): string {
    const { address, services } = this.#options;
    const smtpds = Object.entries(services).map(([service, parameters]) => {
      const all = { syslog_name: `postfix/${service}`, ...parameters };
      const options = Object.entries(all).map(([name, value]) => ` -o { ${name} = ${value} }`);
      return `${address}:${this.port(service)} inet n - n - - smtpd${options.join('')}\n`;
    });
    return `${smtpds.join('')}${INTERNAL_SERVICES}`;
  }
}

/** Lines of `base` whose parameter `text` sets are left out, so that nothing is set twice. */
export function laidOver(base: string, text: string): string {
  const set = new Set(parametersSet(text));
  const kept = base.split('\n').filter((line) => !set.has(line.split('=')[0]?.trim() ?? ''));
  return `${kept.join('\n')}\n${text}`;
}

/** Names of the parameters that a main.cf text sets. */
export function parametersSet(mainCf: string): string[] {
  return [...mainCf.matchAll(/^([a-z0-9_]+)\s*=/gim)].map((found) => found[1] ?? '');
}

function sessionsOf(log: string, service: string): string[][] {
  const sessions: string[][] = [];
  // The next session may begin in another process before this one has logged the end of a TLS session.
  const byProcess = new Map<string, string[]>();
  const marker = ` postfix/${service}/smtpd[`;
  for (const line of log.split('\n')) {
    const at = line.indexOf(marker);
    if (at < 0) continue;
    const end = line.indexOf(']: ', at);
    const process = line.slice(at + marker.length, end);
    const message = line.slice(end + 3);
    if (message.startsWith('connect from ')) {
      const session: string[] = [];
      sessions.push(session);
      byProcess.set(process, session);
    }
    byProcess.get(process)?.push(message);
  }
  return sessions;
}

function isOver(session: readonly string[]): boolean {
  return session.some((message) => message.startsWith('disconnect from '));
}

/** Holds a whole session, so that the smtpd which served it is idle again. */
async function answers(host: string, port: number): Promise<boolean> {
  try {
    await (await SmtpSession.open(host, port)).close();
    return true;
  } catch {
    return false;
  }
}

async function postfixIds(): Promise<{ uid: number; postdrop: number }> {
  const uid = Number((await run('id', ['-u', 'postfix'])).stdout);
  const groups = await readFile('/etc/group', 'utf8');
  const postdrop = Number(/^postdrop:[^:]*:(\d+):/m.exec(groups)?.[1]);
  return { uid, postdrop };
}

/** What makes it private, quick and harmless; nothing that decides about mail. */
function harnessParameters(root: string): string {
  return `\
compatibility_level = 3.6
queue_directory = ${root}/queue
data_directory = ${root}/data
command_directory = /usr/sbin
daemon_directory = ${LIBRARIES}/sbin
shlib_directory = ${LIBRARIES}
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${root}/mail.log
maillog_file_prefixes = ${root}
inet_interfaces = 127.0.0.1
local_transport = discard:
virtual_transport = discard:
relay_transport = discard:
default_transport = discard:
alias_maps =
alias_database =
biff = no
in_flow_delay = 0
fast_flush_domains =
smtpd_authorized_xclient_hosts = static:all
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000000
smtpd_hard_error_limit = 1000000
smtpd_junk_command_limit = 1000000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_cert_file = /etc/postfix/tls/server.pem
smtpd_tls_CAfile = /etc/postfix/tls/authority.pem
smtpd_tls_fingerprint_digest = sha256
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${root}/auth
`;
}

const INTERNAL_SERVICES = `\
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
discard unix - - n - - discard
`;
