/**
 * Which decisions somebody wants to see. What is not asked for is not looked
 * at; what is asked for must all be so.
 */
import { type Static, Type } from 'typebox';
import { VERDICTS } from '../engine/decision.ts';
import { LIST_NAMES } from '../engine/step.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { type IpNetwork, isNetworkSyntaxError, parseIpNetwork, wordMask } from '../net/ip-network.ts';
import type { DecisionFacts } from '../observe/recent-decisions.ts';
import { isListName } from '../tables/list-tables.ts';
import { fieldProblem, ProblemError } from './problem.ts';

const text = (description: string, maxLength = 512) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

/** Query parameters. */
export const DECISION_FILTER = {
  client: text(
    'An address, a network such as `192.0.2.0/24`, a host name, or `.example.org` for all names below.',
  ),
  sender: text('An address, a domain, or `<>` for the null sender.'),
  recipient: text('An address or a domain.'),
  verdict: Type.Optional(Type.Enum([...VERDICTS])),
  restriction: text('The restriction that decided, by its current name in Postfix.', 100),
  list: text(
    "smtpd's list in which it was decided (`client`, …), or the managed list whose entry decided.",
    64,
  ),
  policy: text('The policy that decided.', 64),
};

const FILTER = Type.Object(DECISION_FILTER);

export type DecisionFilter = (facts: DecisionFacts) => boolean;

/** @throws ProblemError for a client that is neither address, network nor name, or what names no list */
export function decisionFilter(query: Static<typeof FILTER>): DecisionFilter {
  const tests: DecisionFilter[] = [];
  const { client, sender, recipient, verdict, restriction, list, policy } = query;
  if (client !== undefined) tests.push(clientFilter(client));
  if (sender !== undefined) {
    const isMatch = addressFilter(sender);
    tests.push((facts) => isMatch(facts.sender));
  }
  if (recipient !== undefined) {
    const isMatch = addressFilter(recipient);
    tests.push((facts) => isMatch(facts.recipient ?? ''));
  }
  if (verdict !== undefined) tests.push((facts) => facts.verdict === verdict);
  if (restriction !== undefined) tests.push((facts) => facts.restriction === restriction);
  if (list !== undefined) tests.push(listFilter(list));
  if (policy !== undefined) tests.push((facts) => facts.policy === policy);
  return (facts) => tests.every((isMatch) => isMatch(facts));
}

function listFilter(list: string): DecisionFilter {
  if (!isListName(list)) {
    const expected = `one of ${LIST_NAMES.join(', ')}, or the name of a managed list`;
    throw new ProblemError(400, 'this is the name of no list', [
      fieldProblem('querystring/list', list, expected),
    ]);
  }
  return (facts) => facts.list === list || facts.table === `list:${list}`;
}

function clientFilter(client: string): DecisionFilter {
  if (!/[:/]|^\d[\d.]*$/.test(client)) {
    const name = client.toLowerCase();
    const isMatch = name.startsWith('.')
      ? (found: string) => found.endsWith(name)
      : (found: string) => found === name;
    return ({ client_name }) => client_name !== undefined && isMatch(client_name.toLowerCase());
  }
  const network = parseIpNetwork(client);
  if (isNetworkSyntaxError(network)) {
    throw new ProblemError(400, network.error, [fieldProblem('querystring/client', client, network.help)]);
  }
  return ({ client_address }) => client_address !== undefined && isInside(client_address, network);
}

function isInside(text: string, { family, words, prefixLength }: IpNetwork): boolean {
  const address = parseIpAddress(text);
  if (address?.family !== family) return false;
  for (let at = 0; at < words.length; at++) {
    const mask = wordMask(prefixLength - 32 * at);
    if (((address.words[at] ?? 0) & mask) >>> 0 !== words[at]) return false;
  }
  return true;
}

function addressFilter(wanted: string): (address: string) => boolean {
  if (wanted === '<>') return (address) => address === '';
  const text = wanted.toLowerCase();
  if (text.includes('@')) return (address) => address.toLowerCase() === text;
  return (address) => address.toLowerCase().endsWith(`@${text}`);
}
