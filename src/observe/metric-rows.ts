/**
 * Every metric of Postward's own: one frozen table, from which the exposition
 * and the reference page are made. Label values are bounded: names of
 * policies, lists, restrictions, servers and reasons, never an address or
 * anything else a client chooses.
 */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** The values of the one label, where they are few and known: each is there from the start. */
  readonly values?: readonly string[];
}

function row(type: MetricRow['type'], help: string, ...labels: string[]): MetricRow {
  return Object.freeze({ type, help, labels: Object.freeze(labels) });
}

function counterOf(help: string, label: string, ...values: string[]): MetricRow {
  return Object.freeze({ ...row('counter', help, label), values: Object.freeze(values) });
}

export const METRICS = Object.freeze({
  postward_decisions_total: row(
    'counter',
    'Decisions by who made them and the SMTP code they give; list and restriction are none when the end of all lists decided',
    'policy',
    'list',
    'restriction',
    'verdict',
    'code',
  ),
  postward_decision_faults_total: row(
    'counter',
    'Decisions that tell of a configuration error or a lookup failure, not of the client',
    'policy',
  ),
  postward_reject_warnings_total: row(
    'counter',
    'Rejections that warn_if_reject softened',
    'policy',
    'list',
    'restriction',
  ),
  postward_decision_duration_seconds: row(
    'histogram',
    'Time from the end of a request to its answer',
    'policy',
  ),
  postward_decision_failures_total: counterOf(
    'Requests answered with the fail action: past the deadline, or after a fault of ours',
    'reason',
    'deadline',
    'fault',
  ),
  postward_decisions_in_flight: row('gauge', 'Decisions that wait for something, such as the DNS'),
  postward_decisions_abandoned_total: row(
    'counter',
    'Decisions that a client did not wait for: it closed its connection',
  ),
  postward_wiring_doubts: row('gauge', 'Things about the wiring that look wrong, by kind', 'doubt'),
  postward_connections: row('gauge', 'Open connections of the policy sockets'),
  postward_connections_total: row('counter', 'Connections accepted by the policy sockets'),
  postward_connections_closed_total: row('counter', 'Connections that ended, by why', 'reason'),
  postward_connections_refused_total: row('counter', 'Connections beyond limits.connections'),
  postward_protocol_errors_total: row(
    'counter',
    'Connections closed because the client broke the protocol or a limit',
    'reason',
  ),
  postward_dns_lookups_total: row(
    'counter',
    'DNS lookups of restrictions, by where the answer came from',
    'source',
  ),
  postward_dns_shared_cache_total: row(
    'counter',
    'DNS lookups that memory could not answer, by what the shared cache in Redis said',
    'result',
  ),
  postward_dns_shared_cache_writes_total: row('counter', 'DNS answers sent to the shared cache in Redis'),
  postward_dns_failures_total: row('counter', 'DNS lookups that ended in a temporary failure'),
  postward_dns_queries_total: row('counter', 'Questions sent to DNS servers', 'transport'),
  postward_dns_timeouts_total: row('counter', 'Questions that a DNS server did not answer in time'),
  postward_dns_in_flight: row('gauge', 'DNS lookups that wait for a server'),
  postward_dns_ignored_messages_total: row(
    'counter',
    'Datagrams that answered no open question of ours: late, or forged',
  ),
  postward_dns_cache_entries: row('gauge', 'DNS answers kept in memory'),
  postward_dns_cache_bytes: row('gauge', 'Rough size of the DNS answers kept in memory'),
  postward_dns_cache_evictions_total: row('counter', 'DNS answers dropped from memory for want of room'),
  postward_redis_up: row('gauge', '1 while Redis answers, by what the connection is for', 'use'),
  postward_redis_outages_total: row('counter', 'Times that Redis was found down', 'use'),
  postward_redis_commands_total: row('counter', 'Commands that Redis answered', 'use'),
  postward_redis_failures_total: row(
    'counter',
    'Commands without a result, by why: down, timeout, lost, overloaded, refused',
    'use',
    'kind',
  ),
  postward_redis_command_duration_seconds: row('histogram', 'Time from a command to its answer', 'use'),
  postward_redis_in_flight: row('gauge', 'Commands that wait for Redis', 'use'),
  postward_lists_unshared: row('gauge', '1 while edits of lists wait to be shared'),
  postward_lists_same: row('gauge', '1 while the lists are known to be those in Redis'),
  postward_list_registers_sent_total: row('counter', 'Entries sent to Redis'),
  postward_list_registers_received_total: row('counter', 'Entries of other servers put in force'),
  postward_list_repairs_total: row('counter', 'Times that a list differed from what Redis had'),
  postward_redis_values_unusable_total: row('counter', 'Values in Redis that are no entries of lists'),
  postward_list_entries: row('gauge', 'Entries of managed lists', 'list'),
  postward_list_hits_total: row('counter', 'Lookups that found an entry of a managed list', 'list'),
  postward_list_edits_total: row('counter', 'Edits of managed lists made at this server'),
  postward_store_writes_total: row('counter', 'Writes to the store: edits, audit, tokens'),
  postward_store_failures_total: row('counter', 'Writes that the store could not keep: a full disk, say'),
  postward_store_waiting: row('gauge', 'Requests that wait for the store'),
  postward_store_last_write_seconds: row('gauge', 'How long the last write to the store took'),
  postward_store_up: row(
    'gauge',
    '0 after a write that the store could not keep, until one succeeds; tried every 10 s',
  ),
  postward_dns_server_up: row('gauge', 'Whether a DNS server answers', 'server'),
  postward_dns_query_duration_seconds: row(
    'histogram',
    'Time from a question to a DNS server until its outcome: answer, failure (SERVFAIL, REFUSED, unreadable), timeout, network_error',
    'server',
    'outcome',
  ),
  postward_dnsbl_up: row(
    'gauge',
    'Whether a DNSBL passes its probes; 0: set aside, unless the policy only wants reports',
    'dnsbl',
    'subject',
  ),
  postward_dnsbl_skipped_total: row(
    'counter',
    'Questions that a DNSBL was not asked because it is set aside',
    'dnsbl',
    'subject',
  ),
  postward_dnsbl_refuted_total: row(
    'counter',
    'Listings that did not count because nothing showed that the DNSBL does not list everybody',
    'dnsbl',
    'subject',
  ),
  postward_dnsbl_probes_total: row('counter', 'Probes of a DNSBL', 'zone', 'subject'),
  postward_dnsbl_answers_total: row(
    'counter',
    'What DNSBLs answered over the network, filters aside',
    'zone',
    'subject',
    'result',
  ),
  postward_dnsbl_duration_seconds: row(
    'histogram',
    'Time that a DNSBL took to answer over the network, or not to',
    'zone',
    'subject',
  ),
  postward_dnsbl_scores_total: row(
    'counter',
    'Decisions by the DNSBL score of the client, from -20 to 20; answers that could change nothing are not in it',
    'policy',
    'score',
  ),
  postward_dnsbl_site_hits_total: row(
    'counter',
    'Members of dnsbl_sites that listed the client of a decision',
    'policy',
    'site',
  ),
  postward_snapshot_version: row('gauge', 'Version of the policies in force'),
  postward_snapshot_loaded_timestamp_seconds: row('gauge', 'When the policies in force were loaded'),
  postward_last_reload_successful: row(
    'gauge',
    '0 after a reload that failed: the policies in force are older than those on disk',
  ),
  postward_stale_tables: row('gauge', 'Tables in force that are older than their files, which have mistakes'),
  postward_reloads_total: counterOf('Reloads of the policies', 'result', 'success', 'failure'),
  postward_admin_requests_total: row(
    'counter',
    'Requests to the admin address, by route and status of the answer',
    'route',
    'method',
    'status',
  ),
  postward_log_lines_lost_total: row('counter', 'Log lines lost because their reader was too slow'),
  postward_build_info: row('gauge', 'Always 1; the version is in the labels', 'version', 'node'),
});

export type MetricName = keyof typeof METRICS;
