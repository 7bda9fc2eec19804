/**
 * The order in which one Postfix sends its attributes, learned from a request
 * and compiled into one regular expression that takes the next request apart.
 * A Postfix never changes its order while it runs, so that nearly all requests
 * go this way, at a fifth of the cost of the decoder's general one.
 *
 * Takes clean requests only: known order, `\n` line ends, ASCII without NUL.
 * Whatever else comes is left to the decoder.
 */
import { isAttributeName, REQUEST_TYPE } from './attributes.ts';
import { type AttributeName, PolicyRequest } from './request.ts';

/** Names that stand for themselves in a regular expression. */
const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;

/** ASCII without NUL, LF, CR. */
const VALUE = '[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f]*';

/** More attributes than this are not worth an expression. */
const MAX_NAMES = 64;

export class RequestLayout {
  readonly #pattern: RegExp;
  readonly #groups: Readonly<Record<AttributeName, number>>;

  private constructor(pattern: RegExp, groups: Readonly<Record<AttributeName, number>>) {
    this.#pattern = pattern;
    this.#groups = groups;
  }

  /** @returns undefined for an order that no Postfix has: doubled or strange names */
  static learn(names: readonly string[]): RequestLayout | undefined {
    if (names.length > MAX_NAMES || new Set(names).size < names.length) return undefined;
    if (!names.every((name) => PLAIN_NAME.test(name))) return undefined;

    const captured = names.filter((name) => name !== 'request' && isAttributeName(name));
    const lines = names.map((name) => {
      if (name === 'request') return `request=${REQUEST_TYPE}\\n`;
      return isAttributeName(name) ? `${name}=(${VALUE})\\n` : `${name}=${VALUE}\\n`;
    });
    // What was not sent is read from an empty last group, so that every request is filled in the same way.
    const pattern = new RegExp(`${lines.join('')}()\\n`, 'y');
    const groups = Object.fromEntries(
      Object.keys(new PolicyRequest()).map((name) => {
        const at = captured.indexOf(name);
        return [name, 1 + (at < 0 ? captured.length : at)];
      }),
    ) as Record<AttributeName, number>;
    return new RequestLayout(pattern, groups);
  }

  /** Where the request ended that `match` took last. */
  get end(): number {
    return this.#pattern.lastIndex;
  }

  /** Takes the request that begins at `from`; undefined if it is incomplete or not of this layout. */
  match(text: string, from: number): PolicyRequest | undefined {
    const pattern = this.#pattern;
    pattern.lastIndex = from;
    const m = pattern.exec(text);
    if (m === null) return undefined;
    const g = this.#groups;
    const r = new PolicyRequest();
    // Written out: a store by computed name costs more than all the rest.
    r.request = REQUEST_TYPE;
    r.protocol_state = m[g.protocol_state] ?? '';
    r.protocol_name = m[g.protocol_name] ?? '';
    r.client_address = m[g.client_address] ?? '';
    r.client_name = m[g.client_name] ?? '';
    r.client_port = m[g.client_port] ?? '';
    r.reverse_client_name = m[g.reverse_client_name] ?? '';
    r.server_address = m[g.server_address] ?? '';
    r.server_port = m[g.server_port] ?? '';
    r.helo_name = m[g.helo_name] ?? '';
    r.sender = m[g.sender] ?? '';
    r.recipient = m[g.recipient] ?? '';
    r.recipient_count = m[g.recipient_count] ?? '';
    r.queue_id = m[g.queue_id] ?? '';
    r.instance = m[g.instance] ?? '';
    r.size = m[g.size] ?? '';
    r.etrn_domain = m[g.etrn_domain] ?? '';
    r.stress = m[g.stress] ?? '';
    r.sasl_method = m[g.sasl_method] ?? '';
    r.sasl_username = m[g.sasl_username] ?? '';
    r.sasl_sender = m[g.sasl_sender] ?? '';
    r.ccert_subject = m[g.ccert_subject] ?? '';
    r.ccert_issuer = m[g.ccert_issuer] ?? '';
    r.ccert_fingerprint = m[g.ccert_fingerprint] ?? '';
    r.ccert_pubkey_fingerprint = m[g.ccert_pubkey_fingerprint] ?? '';
    r.encryption_protocol = m[g.encryption_protocol] ?? '';
    r.encryption_cipher = m[g.encryption_cipher] ?? '';
    r.encryption_keysize = m[g.encryption_keysize] ?? '';
    r.policy_context = m[g.policy_context] ?? '';
    r.compatibility_level = m[g.compatibility_level] ?? '';
    r.mail_version = m[g.mail_version] ?? '';
    r.tls_sni = m[g.tls_sni] ?? '';
    return r;
  }
}

/** Layouts that one listener keeps: one for each version of Postfix that asks it, and a few to spare. */
const MAX_LAYOUTS = 8;

/** The layouts seen on one listener, shared by its connections. */
export class LayoutCache {
  readonly #layouts = new Map<string, RequestLayout>();
  #latest: RequestLayout | undefined;

  /** What a new connection is likely to speak. */
  get latest(): RequestLayout | undefined {
    return this.#latest;
  }

  /** The layout of these names, learned if there is room for it. */
  get(names: readonly string[]): RequestLayout | undefined {
    const key = names.join('\n');
    const known = this.#layouts.get(key);
    if (known !== undefined || this.#layouts.size >= MAX_LAYOUTS) return known;
    const layout = RequestLayout.learn(names);
    if (layout !== undefined) {
      this.#layouts.set(key, layout);
      this.#latest = layout;
    }
    return layout;
  }
}
