/**
 * What a token allows. Every route names the scopes of which one is enough;
 * `admin` is enough everywhere.
 */
export const SCOPES = ['read', 'lists', 'policies', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** What each is for, for the API's description and the guide. */
export const SCOPE_SUMMARIES: Readonly<Record<Scope, string>> = Object.freeze({
  read: 'Read everything but tokens and the audit trail: lists, policies, decisions, DNS answers, status.',
  lists: 'Read and edit lists.',
  policies: 'Read policies, try candidates, reload, forget DNS answers.',
  admin: 'Everything, tokens and the audit trail among it.',
});

/** `open`: for everybody who reaches the address. */
export type Access = 'open' | readonly Scope[];
