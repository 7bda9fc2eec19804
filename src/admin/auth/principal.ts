/**
 * Who makes a request: a token, or somebody at the local socket, whom the
 * file system has let in.
 */
import type { Access, Scope } from './scope.ts';

export interface Principal {
  /** As the audit trail and the log name it: `token:3f2a… (fail2ban)`, `local:alice`. */
  readonly actor: string;
  /** What limits are counted by. */
  readonly key: string;
  readonly scopes: readonly Scope[];
  /** The only lists it may see and edit; undefined: all. */
  readonly lists: readonly string[] | undefined;
  /** The only actions it may put in force, by ACTION_NAMES; undefined: all. */
  readonly actions?: readonly string[] | undefined;
  /** Of its token; undefined for the local socket. */
  readonly tokenId: string | undefined;
}

export function hasScope(principal: Principal, access: readonly Scope[]): boolean {
  return principal.scopes.includes('admin') || access.some((scope) => principal.scopes.includes(scope));
}

/** True when the principal may see and edit this list, scopes aside. */
export function maySeeList(principal: Principal, list: string): boolean {
  return principal.lists === undefined || principal.lists.includes(list);
}

export type Refusal =
  /** Who asks has not said who it is, or nobody is called that. */
  | { readonly status: 401; readonly detail: string }
  /** It is known, and may not. */
  | { readonly status: 403; readonly detail: string };

/**
 * @param list for a route that is about lists alone: the one that the request names, '' for none in
 *   particular; a token that is held to some lists may use no other route, and no other list
 */
export function authorize(
  principal: Principal | undefined,
  access: Access,
  list: string | undefined,
): Refusal | undefined {
  if (access === 'open') return undefined;
  if (principal === undefined) return { status: 401, detail: 'a token is needed' };
  if (!hasScope(principal, access)) {
    const scopes = [...new Set<Scope>([...access, 'admin'])];
    const wanted = scopes.length === 1 ? 'the scope' : 'one of the scopes';
    return { status: 403, detail: `the token needs ${wanted} ${scopes.join(', ')}` };
  }
  if (principal.lists === undefined) return undefined;
  if (list === undefined) {
    return { status: 403, detail: 'the token is held to some lists, and this is not about lists alone' };
  }
  if (list !== '' && !principal.lists.includes(list)) {
    return { status: 403, detail: 'the token is held to other lists' };
  }
  return undefined;
}
