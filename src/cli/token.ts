/** `postward token`: who may use the admin API. */
import { OperatorError } from '../util/operator-error.ts';
import { AdminClient } from './admin-client.ts';
import { expiryOf } from './expiry.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly lists?: readonly string[];
  readonly actions?: readonly string[];
  readonly created_at: string;
  readonly expires_at?: string;
  readonly last_used_at?: string;
}

export async function tokenLs(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { tokens } = await client.ask<{ readonly tokens: readonly Token[] }>({ path: ['tokens'] });
  if (options['json'] === true) {
    terminal.out(JSON.stringify(tokens, undefined, 2));
    return 0;
  }
  const rows = tokens.map((token) => [
    token.id,
    token.name,
    token.scopes.join(','),
    token.lists?.join(',') ?? 'all',
    token.created_at.slice(0, 10),
    token.expires_at?.replace(/\.\d+Z$/, 'Z') ?? 'never',
    token.last_used_at?.replace(/\.\d+Z$/, 'Z') ?? 'never',
    token.actions?.join(',') ?? 'all',
  ]);
  const headings = ['ID', 'NAME', 'SCOPES', 'LISTS', 'MADE', 'EXPIRES', 'LAST USED', 'ACTIONS'];
  terminal.out(textTable(headings, rows, painter(terminal.hasOutColour)));
  return 0;
}

/** The token goes to standard output alone, so that a script can keep it. */
export async function tokenCreate(name: string, options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const lists = options['list'] as readonly string[] | undefined;
  const actions = options['action'] as readonly string[] | undefined;
  const made = await client.ask<Token & { readonly token: string }>({
    method: 'POST',
    path: ['tokens'],
    body: {
      name,
      scopes: options['scope'],
      ...(lists === undefined ? {} : { lists }),
      ...(actions === undefined ? {} : { actions: actions.map((action) => action.toUpperCase()) }),
      ...(typeof options['expires'] === 'string' ? { expires_at: expiryOf(options['expires']) } : {}),
    },
  });
  if (options['json'] === true) {
    terminal.out(JSON.stringify(made, undefined, 2));
    return 0;
  }
  terminal.error('postward: this is the token; it is not kept, and cannot be shown again');
  terminal.out(made.token);
  return 0;
}

/** @param wanted ids or names */
export async function tokenRm(
  wanted: readonly string[],
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { tokens } = await client.ask<{ readonly tokens: readonly Token[] }>({ path: ['tokens'] });
  const found = wanted.map((text) => tokens.find(({ id, name }) => id === text || name === text) ?? text);
  const unknown = found.find((one) => typeof one === 'string');
  if (typeof unknown === 'string') {
    throw new OperatorError(
      'no-token',
      `there is no token \`${unknown}\`; nothing was revoked`,
      'look at what there is: `postward token ls`',
    );
  }
  for (const token of found) {
    if (typeof token === 'string') continue;
    await client.answer({ method: 'DELETE', path: ['tokens', token.id] });
    if (options['json'] === true) terminal.out(JSON.stringify(token));
    else terminal.error(`postward: revoked ${token.id} (${token.name})`);
  }
  return 0;
}
