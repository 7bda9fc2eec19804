/**
 * Parameters about DNS lists that smtpd(8) does not have: those of postscreen(8)
 * that scores are made of, and our own.
 */
import { type ParameterRow, row } from './parameter-row.ts';

export const DNSBL_PARAMETERS: readonly ParameterRow[] = [
  row('postscreen_dnsbl_sites', 'words', '', 'The sites of postscreen(8); see dnsbl_sites.'),
  row('postscreen_dnsbl_threshold', 'score', '1', 'The threshold of postscreen(8); see dnsbl_threshold.'),
  row(
    'postscreen_dnsbl_allowlist_threshold',
    'score',
    '${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}}',
    'The allow-list threshold of postscreen(8); see dnsbl_allowlist_threshold.',
  ),
  row(
    'postscreen_dnsbl_whitelist_threshold',
    'text',
    '',
    'The name of postscreen_dnsbl_allowlist_threshold before Postfix 3.6.',
  ),
  row('postscreen_dnsbl_reply_map', 'tables', '', 'The names that postscreen(8) shows; see dnsbl_reply_map.'),
  {
    name: 'dnsbl_sites',
    kind: 'words',
    default: '$postscreen_dnsbl_sites',
    summary:
      'The DNS lists of reject_dnsbl_score and its like: `domain=filter*weight`, the filter and the weight (1) may be left out; a negative weight is for an allow list.',
    isOurs: true,
  },
  {
    name: 'dnsbl_threshold',
    kind: 'score',
    default: '$postscreen_dnsbl_threshold',
    summary: 'The score from which reject_dnsbl_score and defer_dnsbl_score object.',
    isOurs: true,
  },
  {
    name: 'dnsbl_allowlist_threshold',
    kind: 'score',
    default: '$postscreen_dnsbl_allowlist_threshold',
    summary: 'The score, less than 0, down from which permit_dnsbl_score permits; 0: it permits nobody.',
    isOurs: true,
  },
  {
    name: 'dnsbl_reply_map',
    kind: 'tables',
    default: '$postscreen_dnsbl_reply_map',
    summary: 'The name to show to clients in place of the name of a list (in dnsbl_sites) that holds a key.',
    isOurs: true,
  },
  {
    name: 'dnsbl_error_answers',
    kind: 'error_answers',
    default: 'ignored',
    summary:
      "What an answer that is no listing means: outside 127.0.0.0/8, or an operator's error code. `ignored`: a failure, never a listing; `listed`: a listing, as in Postfix.",
    isOurs: true,
  },
  {
    name: 'dnsbl_health',
    kind: 'health_mode',
    default: '${{$dnsbl_error_answers} == {listed} ? {off} : {enforce}}',
    summary:
      'What happens to a DNS list that fails its probes. `enforce`: it is set aside until it works, and what it lists counts only while it does not list everybody; `report`: it is asked all the same, and reported; `off`: it is not probed.',
    isOurs: true,
  },
  {
    name: 'dnsbl_health_exceptions',
    kind: 'words',
    default: '',
    summary:
      'DNS lists for which dnsbl_health is something else: `zone=off`, `zone=report` or `zone=enforce`; `zone` alone is `zone=off`.',
    isOurs: true,
  },
];
