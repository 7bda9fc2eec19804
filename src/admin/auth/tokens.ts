/**
 * The tokens in force. Held in memory, so that a request is let in or turned
 * away without asking the disk, and kept in the store; an edit is in force
 * once it is durable. When a token was last used is written down now and then,
 * not with each request.
 */
import type { NewAuditRecord } from '../../store/audit-records.ts';
import type { Store } from '../../store/store.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { TokenRecord } from '../../store/token-records.ts';
import type { Principal } from './principal.ts';
import { SCOPES, type Scope } from './scope.ts';
import { hashToken, MAX_TOKEN_LENGTH, makeToken, matchesHash, tokenId } from './token-text.ts';

/** As many as anybody may need; one made for each run of a script ends here. */
export const MAX_TOKENS = 1000;

/** Of the token that the environment names: no token of ours has such an id. */
export const ENVIRONMENT_ID = 'environment';

/** The part of the store that keeps tokens, and what was done with them. */
export type TokenKeeper = Pick<Store, 'tokens'>;

export interface TokenWish {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly lists: readonly string[] | null;
  readonly actions: readonly string[] | null;
  /** Milliseconds since 1970; null: never. */
  readonly expires: number | null;
}

export interface TokensOptions {
  readonly keeper: TokenKeeper;
  /** A token with the scope admin that is in force as long as the environment names it. */
  readonly environmentToken?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export class Tokens {
  readonly #keeper: TokenKeeper;
  readonly #now: () => number;
  readonly #byId = new Map<string, TokenRecord>();
  readonly #environmentHash: string | undefined;
  /** Uses that are not written down yet. */
  #uses = new Map<string, number>();

  constructor({ keeper, environmentToken, now = Date.now }: TokensOptions) {
    this.#keeper = keeper;
    this.#now = now;
    this.#environmentHash = environmentToken === undefined ? undefined : hashToken(environmentToken);
  }

  /** Reads those that are kept. */
  async load(): Promise<StoreFailure | undefined> {
    const tokens = await this.#keeper.tokens.all();
    if (tokens instanceof StoreFailure) return tokens;
    for (const token of tokens) this.#byId.set(token.id, token);
    return undefined;
  }

  /** Oldest first. */
  list(): TokenRecord[] {
    return [...this.#byId.values()]
      .sort((a, b) => a.created - b.created)
      .map((token) => this.#current(token));
  }

  get(id: string): TokenRecord | undefined {
    const token = this.#byId.get(id);
    return token && this.#current(token);
  }

  /** Whether somebody can administer: with a token that holds, or with that of the environment. */
  hasAdmin(): boolean {
    if (this.#environmentHash !== undefined) return true;
    return this.list().some((token) => token.scopes.includes('admin') && !this.#isOver(token));
  }

  /** Who shows this text; undefined when it is no token, or its time is over. */
  identify(text: string): Principal | undefined {
    if (text.length > MAX_TOKEN_LENGTH) return undefined;
    const token = this.#byId.get(tokenId(text) ?? '');
    if (token === undefined) return this.#identifyEnvironment(text);
    if (!matchesHash(text, token.hash) || this.#isOver(token)) return undefined;
    this.#uses.set(token.id, this.#now());
    return principalOf(token);
  }

  /** Whether a principal that was let in would be let in now. */
  holds({ tokenId: id }: Principal): boolean {
    if (id === undefined || id === ENVIRONMENT_ID) return true;
    const token = this.#byId.get(id);
    return token !== undefined && !this.#isOver(token);
  }

  /**
   * Makes a token.
   *
   * @returns it, and its text, which nobody can tell again; `full` when there are MAX_TOKENS, `taken` when one has that name
   */
  async create(
    wish: TokenWish,
    actor: string,
  ): Promise<{ readonly token: TokenRecord; readonly text: string } | 'full' | 'taken' | StoreFailure> {
    if (this.#byId.size >= MAX_TOKENS) return 'full';
    const { id, text, hash } = makeToken();
    const token: TokenRecord = { id, hash, ...wish, created: this.#now(), lastUsed: null };
    const audit = { ...this.#audit(token, actor), operation: 'token.create', after: factsOf(token) };
    const kept = await this.#keeper.tokens.add(token, audit);
    if (kept instanceof StoreFailure) return kept;
    if (!kept) return 'taken';
    this.#byId.set(id, token);
    return { token, text };
  }

  /** False when there is none of that id. */
  async revoke(id: string, actor: string): Promise<boolean | StoreFailure> {
    const token = this.#byId.get(id);
    if (token === undefined) return false;
    const audit = { ...this.#audit(token, actor), operation: 'token.revoke', before: factsOf(token) };
    const removed = await this.#keeper.tokens.remove(id, audit);
    if (removed instanceof StoreFailure) return removed;
    this.#byId.delete(id);
    this.#uses.delete(id);
    return true;
  }

  /** Writes down when tokens were used; what fails is tried again the next time. */
  async flush(): Promise<StoreFailure | undefined> {
    const uses = this.#uses;
    this.#uses = new Map();
    let failure: StoreFailure | undefined;
    for (const [id, lastUsed] of uses) {
      const token = this.#byId.get(id);
      if (token === undefined) continue;
      const done = failure ?? (await this.#keeper.tokens.touch(id, lastUsed));
      if (done instanceof StoreFailure) {
        failure = done;
        if (!this.#uses.has(id)) this.#uses.set(id, lastUsed);
      } else if (this.#byId.has(id)) {
        this.#byId.set(id, { ...token, lastUsed });
      }
    }
    return failure;
  }

  #current(token: TokenRecord): TokenRecord {
    return { ...token, lastUsed: this.#uses.get(token.id) ?? token.lastUsed };
  }

  #identifyEnvironment(text: string): Principal | undefined {
    if (this.#environmentHash === undefined || !matchesHash(text, this.#environmentHash)) return undefined;
    const key = `token:${ENVIRONMENT_ID}`;
    return { actor: key, key, scopes: ['admin'], lists: undefined, tokenId: ENVIRONMENT_ID };
  }

  #isOver(token: TokenRecord): boolean {
    return token.expires !== null && token.expires <= this.#now();
  }

  #audit(token: TokenRecord, actor: string): Omit<NewAuditRecord, 'operation'> {
    return { at: this.#now(), actor, list: '', subject: token.id, before: null, after: null, origin: '' };
  }
}

function principalOf(token: TokenRecord): Principal {
  return {
    actor: `token:${token.id} (${token.name})`,
    key: `token:${token.id}`,
    scopes: SCOPES.filter((scope) => token.scopes.includes(scope)),
    lists: token.lists ?? undefined,
    actions: token.actions ?? undefined,
    tokenId: token.id,
  };
}

/** For the audit trail. */
function factsOf({ name, scopes, lists, actions, expires }: TokenRecord): string {
  return JSON.stringify({
    name,
    scopes,
    lists,
    ...(actions === null ? {} : { actions }),
    expires_at: expires === null ? null : new Date(expires).toISOString(),
  });
}
