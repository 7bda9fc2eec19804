/**
 * Installs Debian packages that test suites need, and nothing more: the
 * packages' own services are not started (a policy-rc.d that forbids it stands
 * while apt-get runs, see /usr/share/doc/init-system-helpers), no package is
 * removed or configured anew, and what was there before is put back even when
 * apt-get fails or the run is interrupted.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

const POLICY_FILE = '/usr/sbin/policy-rc.d';
/** Exit status 101: the action is not allowed. */
const FORBID_ALL = '#!/bin/sh\n# Written by the tests of postward while they install packages.\nexit 101\n';
const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Postfix's own question, answered so that its package writes no main.cf. */
const ANSWERS = 'postfix postfix/main_mailer_type select No configuration\n';

/** Why packages cannot be installed on this machine, as one line; '' if they can. */
export function cannotInstall(): string {
  if (!existsSync('/usr/bin/apt-get'))
    return 'there is no apt-get on this machine (Debian or a derivative is needed)';
  if (process.getuid?.() !== 0) return 'installing packages takes root';
  return '';
}

/** @throws Error with one line for a person when a package could not be installed. */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (names.includes('postfix')) {
    const answered = spawnSync('debconf-set-selections', { input: ANSWERS, encoding: 'utf8' });
    if (answered.status !== 0) throw new Error(`debconf-set-selections failed: ${answered.stderr}`);
  }
  const restore = forbidServices();
  // apt-get gets the terminal's signal itself; we stay until it ends, to tidy up.
  let interruption: NodeJS.Signals | undefined;
  const note = (signal: NodeJS.Signals): void => {
    interruption = signal;
  };
  for (const signal of INTERRUPTIONS) process.on(signal, note);
  try {
    await aptGet('update');
    await aptGet('install', '--no-install-recommends', '--no-remove', ...names);
  } finally {
    restore();
    for (const signal of INTERRUPTIONS) process.off(signal, note);
    if (interruption !== undefined) process.kill(process.pid, interruption);
  }
}

function forbidServices(): () => void {
  const before = existsSync(POLICY_FILE)
    ? { text: readFileSync(POLICY_FILE), mode: statSync(POLICY_FILE).mode & 0o777 }
    : undefined;
  // One of ours is what a killed run left behind: not to be put back.
  const isOurs = before?.text.toString() === FORBID_ALL;
  writeFileSync(POLICY_FILE, FORBID_ALL);
  chmodSync(POLICY_FILE, 0o755);
  return () => {
    if (before === undefined || isOurs) {
      rmSync(POLICY_FILE, { force: true });
    } else {
      writeFileSync(POLICY_FILE, before.text);
      chmodSync(POLICY_FILE, before.mode);
    }
  };
}

async function aptGet(...args: string[]): Promise<void> {
  const child = spawn('apt-get', ['-q', '-y', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const code = await new Promise<number | null>((resolve, fail) => {
    child.once('error', fail);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} failed`);
}
