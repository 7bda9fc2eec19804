/** Whom replies blame: the NAME and CLASS of `<NAME>: CLASS rejected: text`. */
import type { Evaluation } from '../engine/evaluation.ts';
import type { Reply, Subject } from '../engine/outcome.ts';
import type { ListName } from '../engine/step.ts';

export function clientSubject({ request }: Evaluation): Subject {
  return { name: `${request.client_name}[${request.client_address}]`, replyClass: 'Client host' };
}

export function reverseClientSubject({ request }: Evaluation): Subject {
  return { name: request.reverse_client_name, replyClass: 'Unverified Client host' };
}

export function heloSubject({ request }: Evaluation): Subject {
  return { name: request.helo_name, replyClass: 'Helo command' };
}

export function senderSubject({ request }: Evaluation): Subject {
  return { name: request.sender, replyClass: 'Sender address' };
}

export function recipientSubject({ request }: Evaluation): Subject {
  return { name: request.recipient, replyClass: 'Recipient address' };
}

/**
 * The subject of a list, or undefined where smtpd does not run the list: no
 * HELO was given, no sender or recipient is known yet.
 */
export function listSubject(list: ListName, evaluation: Evaluation): Subject | undefined {
  switch (list) {
    case 'client':
      return clientSubject(evaluation);
    case 'helo':
      return evaluation.heloName === undefined ? undefined : heloSubject(evaluation);
    case 'sender':
      return evaluation.sender === undefined ? undefined : senderSubject(evaluation);
    case 'relay':
    case 'recipient':
      return evaluation.recipient === undefined ? undefined : recipientSubject(evaluation);
    case 'data':
      return { name: 'DATA', replyClass: 'Data command' };
    case 'end_of_data':
      return { name: 'END-OF-MESSAGE', replyClass: 'End-of-data' };
    case 'etrn':
      return { name: evaluation.request.etrn_domain, replyClass: 'Etrn command' };
  }
}

/** `CODE DSN <NAME>: CLASS rejected: TEXT` */
export function rejected(subject: Subject, code: number, dsn: string, text: string): Reply {
  return { code, dsn, prefix: `<${subject.name}>: ${subject.replyClass} rejected`, text };
}

/** `451 4.3.0 <NAME>: Temporary lookup failure`: a table of the configuration did not answer. */
export function lookupFailure(name: string): Reply {
  return { code: 451, dsn: '4.3.0', prefix: `<${name}>`, text: 'Temporary lookup failure' };
}
