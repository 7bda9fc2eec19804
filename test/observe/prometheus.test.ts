/**
 * What Prometheus and Grafana are given: the alert rules and the dashboard ask
 * only for metrics and labels that there are, and Prometheus's own promtool
 * accepts rules, queries and the exposition.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '../../src/observe/metric-rows.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { requirement } from '../support/requirements.ts';
import { sampleDecision } from '../support/sample-decision.ts';

const CONFIG = join(import.meta.dirname, '../../config');
const ALERTS = join(CONFIG, 'prometheus-alerts.yaml');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync(join(CONFIG, 'grafana-dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const alerts = parse(readFileSync(ALERTS, 'utf8')) as {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
};

const QUERIES: readonly (readonly [name: string, query: string])[] = [
  ...alerts.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const)),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Labels that Prometheus adds, and those of histograms. */
const EVERYWHERE = ['instance', 'job', 'le'];

test.each(QUERIES)('%s asks for metrics and labels that there are', async (_name, query) => {
  const exposed = new Set(
    [...(await new Metrics('1.2.3').exposition()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''),
  );
  const known = new Set(EVERYWHERE);
  for (const [name = ''] of query.matchAll(/\b(?:postward|process|nodejs)_\w+/g)) {
    const metric = name.replace(/_(?:bucket|sum|count)$/, '');
    expect(exposed.has(name) || exposed.has(metric), name).toBe(true);
    for (const label of METRICS[metric as keyof typeof METRICS]?.labels ?? []) known.add(label);
  }
  for (const [, label = ''] of query.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g))
    expect(known).toContain(label);
  for (const [, labels = ''] of query.matchAll(/\bby\s*\(([^)]*)\)/g)) {
    for (const label of labels.split(/\s*,\s*/)) expect(known).toContain(label);
  }
});

test('the dashboard shows something in each panel, under a title and an id of its own', () => {
  const shown = dashboard.panels.filter(({ type }) => type !== 'row');
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter(({ targets }) => targets === undefined || targets.length === 0)).toEqual([]);
  for (const key of ['id', 'title'] as const) {
    expect(new Set(dashboard.panels.map((panel) => panel[key])).size).toBe(dashboard.panels.length);
  }
});

test('a counter is there before the first event that an alert is to see', async () => {
  const exposition = await new Metrics('1.2.3').exposition();
  const counters = [...readFileSync(ALERTS, 'utf8').matchAll(/increase\((\w+)(\{[^}]*\})?\[/g)];
  expect(counters.length).toBeGreaterThan(0);
  for (const [, name = '', labels = ''] of counters) expect(exposition).toContain(`\n${name}${labels} 0\n`);
});

const promtool = requirement('promtool');

describe.skipIf(!promtool.isMet)('promtool', () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-promtool-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  const check = (what: string, args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', what, ...args], {
      encoding: 'utf8',
      input,
    });
    return { status, output: `${stdout}${stderr}` };
  };

  test('accepts the alert rules', () => {
    const { status, output } = check('rules', ['--lint-fatal', ALERTS]);
    expect({ status, output }).toMatchObject({ status: 0 });
  });

  test.each([
    ['PostwardUnasked', 'postward_build_info{instance="mx1",version="1",node="24"}', '1x120', 'warning'],
    ['PostwardReloadFailed', 'postward_last_reload_successful{instance="mx1"}', '1x110 0x10', 'warning'],
  ])('raises %s the first time', (alertname, series, values, severity) => {
    const labels = { instance: 'mx1', severity };
    const file = join(directory, `${alertname}.yaml`);
    const alert = { eval_time: '115m', alertname };
    const input = { interval: '1m', input_series: [{ series, values }] };
    const { annotations } =
      alerts.groups.flatMap(({ rules }) => rules).find((rule) => rule.alert === alertname) ?? {};
    const exp_annotations = Object.fromEntries(
      Object.entries(annotations ?? {}).map(([name, text]) => [
        name,
        text.replace('{{ $labels.instance }}', 'mx1'),
      ]),
    );
    const tests = [
      { ...input, alert_rule_test: [{ ...alert, exp_alerts: [{ exp_labels: labels, exp_annotations }] }] },
    ];
    writeFileSync(file, JSON.stringify({ rule_files: [ALERTS], tests }));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    expect({ status, output: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
  });

  test('accepts the queries of the dashboard', () => {
    const rules = QUERIES.map(([, query], index) => ({
      record: `query:${index}`,
      expr: query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    const file = join(directory, 'queries.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, output } = check('rules', [file]);
    expect({ status, output }).toMatchObject({ status: 0 });
  });

  test('accepts the exposition', async () => {
    const metrics = new Metrics('1.2.3');
    metrics.observeDecision(sampleDecision(), 'mx "1"\n\\', 2);
    metrics.increment('postward_protocol_errors_total', { reason: 'nul_byte' });
    const { status, output } = check('metrics', [], await metrics.exposition());
    // Lint beyond syntax: what nodejs's own metrics are called is not ours to say.
    const ours = output.split('\n').filter((line) => line.startsWith('postward_'));
    expect({ ours, status }).toEqual({
      ours: [],
      status: expect.toSatisfy((code) => code === 0 || code === 3),
    });
  });
});
