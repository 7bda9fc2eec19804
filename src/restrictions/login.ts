/** Whether a client may use a sender address: smtpd_sender_login_maps (postconf(5)). */
import { addressMapKeys, findInMaps } from '../access/address-map.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, type Outcome, reject } from '../engine/outcome.ts';
import { foldCase } from '../tables/fold-case.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { listener } from './access.ts';
import { addressExtension, mapsFailed, openMaps } from './address-maps.ts';
import type { CompileContext, CompiledCheck, Restriction } from './restriction.ts';
import { rejected, senderSubject } from './subject.ts';

/** Which clients a restriction is about, and what it makes of a sender that nobody owns. */
interface LoginRule {
  readonly name: string;
  readonly summary: string;
  readonly checksLoggedIn: boolean;
  readonly checksOthers: boolean;
  readonly allowsUnknownSender: boolean;
  readonly isPredefinedClass?: boolean;
}

export const LOGIN: readonly Restriction[] = [
  loginRestriction({
    name: 'reject_sender_login_mismatch',
    summary:
      'Reject a sender address that the login of the client does not own; without a login, one that has an owner.',
    checksLoggedIn: true,
    checksOthers: true,
    allowsUnknownSender: false,
    isPredefinedClass: true,
  }),
  loginRestriction({
    name: 'reject_authenticated_sender_login_mismatch',
    summary: 'As reject_sender_login_mismatch, for clients that have logged in only.',
    checksLoggedIn: true,
    checksOthers: false,
    allowsUnknownSender: false,
  }),
  loginRestriction({
    name: 'reject_known_sender_login_mismatch',
    summary: 'As reject_sender_login_mismatch, but a sender address that nobody owns is allowed.',
    checksLoggedIn: true,
    checksOthers: true,
    allowsUnknownSender: true,
  }),
  loginRestriction({
    name: 'reject_unauthenticated_sender_login_mismatch',
    summary: 'Reject a sender address that has an owner when the client has not logged in.',
    checksLoggedIn: false,
    checksOthers: true,
    allowsUnknownSender: false,
  }),
];

function loginRestriction(rule: LoginRule): Restriction {
  return {
    name: rule.name,
    aliases: [],
    isPredefinedClass: rule.isPredefinedClass ?? false,
    argument: 'none',
    summary: rule.summary,
    reads: ['sender', 'sasl_username'],
    yields: ['dunno', 'reject'],
    io: ['table'],
    support: { level: 'works' },
    compile: (use, context) => compileLogin(rule, use.text, context),
  };
}

function compileLogin(rule: LoginRule, text: string, context: CompileContext): CompiledCheck {
  const { parameters, addresses } = context;
  const isSaslEnabled = parameters.boolean('smtpd_sasl_auth_enable');
  const maps = openMaps(context, 'smtpd_sender_login_maps');
  const extension = addressExtension(parameters);
  return {
    check: (e) => {
      const login = e.request.sasl_username;
      // A login shows that the smtpd which asks has it enabled, in master.cf.
      if (!isSaslEnabled && login === '') {
        e.warn('right_hand_side', `\`${text}\` is ignored: smtpd_sasl_auth_enable = no`);
        return DUNNO;
      }
      if (e.sender === undefined || e.sender === '') return DUNNO;
      if (login === '' ? !rule.checksOthers : !rule.checksLoggedIn) return DUNNO;
      const { sender } = e;
      return andThen(addresses.sender(e), (resolved) => {
        if (resolved instanceof TableFailure) return failed(e, sender, resolved);
        return andThen(addresses.isLocalDomain(resolved.domain), (isLocal): PromiseOrValue<Outcome> => {
          if (isLocal instanceof TableFailure) return failed(e, sender, isLocal);
          const keys = addressMapKeys(resolved.address, isLocal, extension);
          return andThen(
            findInMaps(maps, keys, (table) => listener(e, table)),
            (found) => {
              if (found instanceof TableFailure) return failed(e, sender, found);
              return decide(e, rule, login, found?.value);
            },
          );
        });
      });
    },
  };
}

function decide(e: Evaluation, rule: LoginRule, login: string, owners: string | undefined): Outcome {
  if (login === '') {
    return owners === undefined ? DUNNO : reject(rejected(senderSubject(e), 553, '5.7.1', 'not logged in'));
  }
  if (owners === undefined && rule.allowsUnknownSender) return DUNNO;
  const name = foldCase(login);
  const isOwner = (owners ?? '').split(/[\s,]+/).some((owner) => foldCase(owner) === name);
  return isOwner ? DUNNO : reject(rejected(senderSubject(e), 553, '5.7.1', `not owned by user ${login}`));
}

function failed(e: Evaluation, sender: string, failure: TableFailure): Outcome {
  e.warn('table_failure', `smtpd_sender_login_maps: ${failure.reason}`);
  return mapsFailed(failure, sender);
}
