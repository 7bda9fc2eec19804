/**
 * What Postfix makes of an address before it looks it up or decides about
 * relaying: trivial-rewrite(8)'s rewriting (append @myorigin, user%domain,
 * host!user, trailing dot) and resolving (strip local domains, find the
 * domain's class; ADDRESS_CLASS_README). The result is case-folded, as
 * smtpd's is: `faß.example` is `fass.example` then, also in the DNS.
 *
 * Works on addresses in internal form (unquoted), as policy attributes are.
 */
import type { Evaluation } from '../engine/evaluation.ts';
import { isValidMailDomain } from '../net/hostname-rules.ts';
import { quoteLocalPart } from '../net/mail-address.ts';
import { foldCase } from '../tables/fold-case.ts';
import type { DomainList } from '../tables/match-list.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';

/** Where mail for a domain goes. `local`, `alias` and `mailbox` are final destinations. */
export type AddressClass = 'local' | 'alias' | 'mailbox' | 'relay' | 'default';

export interface ResolvedAddress {
  /** `user@domain`, case-folded. */
  readonly address: string;
  /** Case-folded; `[…]` for an address literal. */
  readonly domain: string;
  readonly addressClass: AddressClass;
  /** The local part still holds a routing operator (`@`, `%` or `!`): where it goes in the end is uncertain. */
  readonly isRouted: boolean;
}

export interface AddressResolverOptions {
  readonly myorigin: string;
  readonly mydomain: string;
  readonly myhostname: string;
  readonly emptyAddressRecipient: string;
  readonly appendsMyorigin: boolean;
  readonly appendsMydomain: boolean;
  readonly swapsBangpath: boolean;
  readonly allowsPercentHack: boolean;
  readonly resolvesDequoted: boolean;
  readonly mydestination: DomainList;
  readonly virtualAliasDomains: DomainList;
  readonly virtualMailboxDomains: DomainList;
  readonly relayDomains: DomainList;
  /** This host's own addresses: `user@[address]` is local for these. */
  readonly ownAddresses: ReadonlySet<string>;
}

/** Each turn strips a domain or a routing operator, so that even a hostile address ends soon. */
const MAX_TURNS = 500;

export class AddressResolver {
  readonly #options: AddressResolverOptions;
  readonly #senderKey = {};
  readonly #recipientKey = {};

  constructor(options: AddressResolverOptions) {
    this.#options = options;
  }

  /** The sender of a request, resolved once. Only for a sender that is known and not null. */
  sender(evaluation: Evaluation): PromiseOrValue<ResolvedAddress | TableFailure> {
    return evaluation.once(this.#senderKey, () => this.resolve(evaluation.request.sender));
  }

  /** The recipient of a request, resolved once. */
  recipient(evaluation: Evaluation): PromiseOrValue<ResolvedAddress | TableFailure> {
    return evaluation.once(this.#recipientKey, () => this.resolve(evaluation.request.recipient));
  }

  resolve(address: string): PromiseOrValue<ResolvedAddress | TableFailure> {
    return this.#strip(this.#rewrite(address), undefined, 0);
  }

  /** Where an address counts as local to mail_addr_find(3): myorigin, mydestination, our own addresses. */
  isLocalDomain(domain: string): PromiseOrValue<boolean | TableFailure> {
    return foldCase(domain) === foldCase(this.#options.myorigin) || this.#isLocal(domain);
  }

  /** trivial-rewrite's rewriting of an address to its canonical form. */
  #rewrite(routed: string): string {
    const o = this.#options;
    // A source route (`@relay:user@domain`, RFC 5321 appendix C) is ignored; smtpd has removed it already.
    const colon = routed.startsWith('@') ? routed.indexOf(':') : -1;
    const address = colon < 0 ? routed : routed.slice(colon + 1);
    let at = address.lastIndexOf('@');
    let result = address;
    if (at < 0 && address !== '' && !needsQuoting(address)) {
      const bang = o.swapsBangpath ? address.indexOf('!') : -1;
      const percent = o.allowsPercentHack ? address.lastIndexOf('%') : -1;
      if (bang >= 0) result = `${address.slice(bang + 1)}@${address.slice(0, bang)}`;
      else if (percent >= 0) result = `${address.slice(0, percent)}@${address.slice(percent + 1)}`;
      else if (o.appendsMyorigin) result = `${address}@${o.myorigin}`;
    } else if (at < 0 && address !== '' && o.appendsMyorigin) {
      result = `${address}@${o.myorigin}`;
    }
    at = result.lastIndexOf('@');
    const domain = at < 0 ? '' : result.slice(at + 1);
    if (o.appendsMydomain && domain !== '' && !domain.includes('.') && !domain.startsWith('[')) {
      result = `${result}.${o.mydomain}`;
    }
    return withoutTrailingDot(result);
  }

  /** Strips local domains and follows routing operators until what is left says where the mail goes. */
  #strip(
    address: string,
    savedDomain: string | undefined,
    turn: number,
  ): PromiseOrValue<ResolvedAddress | TableFailure> {
    if (turn > MAX_TURNS) return new TableFailure('the address has too many routing operators');
    const clean = withoutTrailingDot(address);
    const at = clean.lastIndexOf('@');
    if (at < 0) return this.#stripLocalPart(clean, savedDomain, turn);

    const domain = clean.slice(at + 1);
    if (domain === '') return this.#stripLocalPart(clean.slice(0, at), domain, turn);
    return andThen(this.#isLocal(domain), (isLocal) => {
      if (isLocal instanceof TableFailure) return isLocal;
      if (isLocal) return this.#stripLocalPart(clean.slice(0, at), domain, turn);
      return andThen(this.#classify(domain), (addressClass) =>
        addressClass instanceof TableFailure
          ? addressClass
          : this.#result(clean.slice(0, at), domain, addressClass),
      );
    });
  }

  /** The local part of a local address, which may route further. */
  #stripLocalPart(
    local: string,
    savedDomain: string | undefined,
    turn: number,
  ): PromiseOrValue<ResolvedAddress | TableFailure> {
    const o = this.#options;
    if (!needsQuoting(local)) {
      if ((o.swapsBangpath && local.includes('!')) || (o.allowsPercentHack && local.includes('%'))) {
        return this.#strip(this.#rewrite(local), savedDomain, turn + 1);
      }
    } else if (o.resolvesDequoted) {
      if (local.includes('@')) return this.#strip(this.#rewrite(local), savedDomain, turn + 1);
      const percent = o.allowsPercentHack ? local.lastIndexOf('%') : -1;
      if (percent >= 0) {
        const routed = `${local.slice(0, percent)}@${local.slice(percent + 1)}`;
        return this.#strip(this.#rewrite(routed), savedDomain, turn + 1);
      }
    }
    if (local === '') return this.#strip(o.emptyAddressRecipient, savedDomain, turn + 1);
    if (savedDomain === undefined) return this.#strip(`${local}@${o.myhostname}`, undefined, turn + 1);
    return this.#result(local, savedDomain, 'local');
  }

  /** mydestination, or one of this host's own addresses as a literal. */
  #isLocal(domain: string): PromiseOrValue<boolean | TableFailure> {
    if (domain.startsWith('[') && domain.endsWith(']')) {
      const literal = domain.slice(1, -1).toLowerCase();
      if (this.#options.ownAddresses.has(literal.startsWith('ipv6:') ? literal.slice(5) : literal)) {
        return true;
      }
    }
    return this.#options.mydestination.matches(domain.toLowerCase());
  }

  #classify(domain: string): PromiseOrValue<AddressClass | TableFailure> {
    if (!domain.startsWith('[') && !isValidMailDomain(domain)) return 'default';
    const { virtualAliasDomains, virtualMailboxDomains, relayDomains } = this.#options;
    const lists = [
      ['alias', virtualAliasDomains],
      ['mailbox', virtualMailboxDomains],
      ['relay', relayDomains],
    ] as const;
    const name = domain.toLowerCase();
    const next = (i: number): PromiseOrValue<AddressClass | TableFailure> => {
      const entry = lists[i];
      if (entry === undefined) return 'default';
      return andThen(entry[1].matches(name), (matches) => {
        if (matches instanceof TableFailure) return matches;
        return matches ? entry[0] : next(i + 1);
      });
    };
    return next(0);
  }

  #result(local: string, domain: string, addressClass: AddressClass): ResolvedAddress {
    const foldedDomain = foldCase(domain);
    const address = `${foldCase(local)}@${foldedDomain}`;
    const operator = address.search(/[@!%]/);
    return {
      address,
      domain: foldedDomain,
      addressClass,
      isRouted: address.slice(operator + 1) !== foldedDomain,
    };
  }
}

/** True for classes that Postfix delivers itself. */
export function isFinalDestination(addressClass: AddressClass): boolean {
  return addressClass === 'local' || addressClass === 'alias' || addressClass === 'mailbox';
}

/** A local part that is quoted in external form is one token to trivial-rewrite. */
function needsQuoting(localPart: string): boolean {
  return quoteLocalPart(localPart) !== localPart;
}

/** Takes one trailing dot off the domain, but leaves `..` and `@.` alone. */
function withoutTrailingDot(address: string): string {
  if (!address.endsWith('.') || address.endsWith('..') || address.endsWith('@.')) return address;
  return address.includes('@') ? address.slice(0, -1) : address;
}
