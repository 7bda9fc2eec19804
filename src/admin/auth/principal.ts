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
 * @param isAboutLists the route concerns lists alone and leaves out those that a token may not see;
 *   a token that is held to some lists may use no other
 */
export function authorize(
  principal: Principal | undefined,
  access: Access,
  isAboutLists: boolean,
): Refusal | undefined {
  if (access === 'open') return undefined;
  if (principal === undefined) return { status: 401, detail: 'a token is needed' };
  if (!hasScope(principal, access)) {
    return { status: 403, detail: `the token needs one of the scopes ${[...access, 'admin'].join(', ')}` };
  }
  if (principal.lists !== undefined && !isAboutLists) {
    return {
      status: 403,
      detail: 'the token is restricted to some lists, and this is not about lists alone',
    };
  }
  return undefined;
}
