import { describe, expect, test } from 'vitest';
import { METRICS } from '../../src/observe/metric-rows.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { decidedBy, SAMPLE_PERMIT, sampleDecision, sampleStep } from '../support/sample-decision.ts';

/** The sample lines of a metric, without its name. */
async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.exposition()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('decisions', () => {
  test('are counted by policy, list, restriction and verdict', async () => {
    const metrics = new Metrics('1.2.3');
    const permit = { ...SAMPLE_PERMIT, decidedBy: decidedBy('client', 'permit_mynetworks') };
    for (let i = 0; i < 3; i++) metrics.observeDecision(sampleDecision(), 'mx', 2);
    metrics.observeDecision(permit, 'mx', 0.01);
    metrics.observeDecision(SAMPLE_PERMIT, 'submission', 0.01);
    expect(await samples(metrics, 'postward_decisions_total')).toEqual([
      'postward_decisions_total{policy="mx",list="helo",restriction="reject_unknown_helo_hostname",verdict="defer",code="450"} 3',
      'postward_decisions_total{policy="mx",list="client",restriction="permit_mynetworks",verdict="permit",code="none"} 1',
      'postward_decisions_total{policy="submission",list="none",restriction="none",verdict="permit",code="none"} 1',
    ]);
  });

  test('count faults and softened rejections', async () => {
    const metrics = new Metrics('1.2.3');
    const step = sampleStep('reject_non_fqdn_sender');
    const warnings = [
      { code: 'reject_warning', message: '', list: 'sender', step },
      { code: 'dns', message: '', list: 'sender', step },
    ] as const;
    metrics.observeDecision(sampleDecision({ isFault: true, warnings }), 'mx', 1);
    metrics.observeDecision(sampleDecision(), 'mx', 1);
    expect(await samples(metrics, 'postward_decision_faults_total')).toEqual([
      'postward_decision_faults_total{policy="mx"} 1',
    ]);
    expect(await samples(metrics, 'postward_reject_warnings_total')).toEqual([
      'postward_reject_warnings_total{policy="mx",list="sender",restriction="reject_non_fqdn_sender"} 1',
    ]);
  });

  test('have a duration, each in the bucket of its bound', async () => {
    const metrics = new Metrics('1.2.3');
    for (const ms of [0.1, 0.11, 1, 7000, 100_000]) metrics.observeDecision(SAMPLE_PERMIT, 'mx', ms);
    const name = 'postward_decision_duration_seconds';
    const buckets = await samples(metrics, `${name}_bucket`);
    const at = (le: string) => buckets.find((line) => line.includes(`le="${le}"`))?.split(' ')[1];
    expect(['0.0001', '0.00025', '0.0005', '0.001', '5', '10', '60', '+Inf'].map(at)).toEqual([
      '1',
      '2',
      '2',
      '3',
      '3',
      '4',
      '4',
      '5',
    ]);
    expect(await samples(metrics, `${name}_count`)).toEqual([`${name}_count{policy="mx"} 5`]);
    const [sum] = await samples(metrics, `${name}_sum`);
    expect(Number(sum?.split(' ')[1])).toBeCloseTo(107.00121, 9);
  });

  test('of ever new policies and restrictions make no more series than a bound', async () => {
    const metrics = new Metrics('1.2.3');
    const step = sampleStep('permit_mynetworks');
    for (let i = 0; i < 2000; i++) {
      const by = { list: 'client', step: { ...step, restriction: `class_${i}` }, entry: undefined } as const;
      metrics.observeDecision({ ...SAMPLE_PERMIT, decidedBy: by }, 'mx', 1);
      metrics.observeDecision(SAMPLE_PERMIT, `policy_${i}`, 1);
    }
    const lines = await samples(metrics, 'postward_decisions_total');
    expect(lines.length).toBeLessThan(620);
    expect(lines.filter((line) => line.includes('"other"'))).toHaveLength(2);
    const total = lines.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    expect(total).toBe(4000);
  });
});

test('rare events are counted by their labels, from zero', async () => {
  const metrics = new Metrics('1.2.3');
  expect(await samples(metrics, 'postward_connections_total')).toEqual(['postward_connections_total 0']);
  metrics.increment('postward_connections_total');
  metrics.increment('postward_protocol_errors_total', { reason: 'nul_byte' });
  metrics.increment('postward_protocol_errors_total', { reason: 'line_too_long' });
  metrics.increment('postward_protocol_errors_total', { reason: 'nul_byte' });
  expect(await samples(metrics, 'postward_connections_total')).toEqual(['postward_connections_total 1']);
  expect(await samples(metrics, 'postward_protocol_errors_total')).toEqual([
    'postward_protocol_errors_total{reason="nul_byte"} 2',
    'postward_protocol_errors_total{reason="line_too_long"} 1',
  ]);
});

test('values of other parts are read when somebody scrapes', async () => {
  const metrics = new Metrics('1.2.3');
  let connections = 4;
  metrics.readValue('postward_connections', () => connections);
  metrics.read('postward_dns_lookups_total', () => [{ labels: { source: 'cache' }, value: connections * 2 }]);
  connections = 5;
  expect(await samples(metrics, 'postward_connections')).toEqual(['postward_connections 5']);
  expect(await samples(metrics, 'postward_dns_lookups_total')).toEqual([
    'postward_dns_lookups_total{source="cache"} 10',
  ]);
});

test('the exposition has every metric of the table, of the process and the event loop, and is well-formed', async () => {
  const metrics = new Metrics('1.2.3');
  metrics.observeDecision(sampleDecision(), 'm"x\\', 2);
  const text = await metrics.exposition();
  for (const [name, { type }] of Object.entries(METRICS)) expect(text).toContain(`# TYPE ${name} ${type}\n`);
  expect(text).toContain('\nnodejs_eventloop_lag_p99_seconds ');
  expect(text).toContain('\nprocess_resident_memory_bytes ');
  expect(text).toContain(`postward_build_info{version="1.2.3",node="${process.versions.node}"} 1`);
  expect(text).toContain('policy="m\\"x\\\\"');
  const sample =
    /^[a-z_0-9]+(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?[\d.e+-]+$/;
  for (const line of text.split('\n')) {
    if (line !== '' && !line.startsWith('#') && !/ (?:Nan|\+Inf)$/.test(line)) expect(line).toMatch(sample);
  }
  expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('the table tells counters by their name, and every label', () => {
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(help).not.toMatch(/\.$/);
    expect(labels).not.toContain('client_address');
  }
});
