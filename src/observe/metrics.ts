/**
 * The metrics: prom-client is the registry and writes the exposition; the
 * counting is done in plain numbers, by decision-counts.ts and by the parts
 * themselves, and read when somebody scrapes.
 */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Decision } from '../engine/decision.ts';
import { DecisionCounts } from './decision-counts.ts';
import { histogramSamples } from './histogram-samples.ts';
import { METRICS, type MetricName } from './metric-rows.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
}

type Samples = () => Iterable<Sample>;

/** Scores beyond this are counted as this. */
const MOST_SCORE = 20;

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #decisions = new DecisionCounts();
  readonly #counters = new Map<MetricName, Map<string, { labels: Labels; value: number }>>();
  readonly #gauges = new Map<MetricName, { value: number }>();
  readonly #sources = new Map<MetricName, Samples>();

  /** @param version of Postward */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of Object.keys(METRICS) as MetricName[]) this.#register(name);

    const counts = this.#decisions;
    this.read('postward_decisions_total', () => decisionSamples(counts));
    this.read('postward_decision_faults_total', function* () {
      for (const policy of counts.policies()) yield { labels: { policy }, value: counts.faults(policy) };
    });
    this.read('postward_reject_warnings_total', () => warningSamples(counts));
    this.read('postward_decision_duration_seconds', () => durationSamples(counts));
    const build = { version, node: process.versions.node };
    this.read('postward_build_info', () => [{ labels: build, value: 1 }]);
  }

  /** Counts a decision; once for each, on the hot path. */
  observeDecision(decision: Decision, policyName: string, durationMs: number): void {
    this.#decisions.observe(decision, policyName, durationMs);
    const { dnsblScore } = decision;
    if (dnsblScore === undefined) return;
    const score = Math.max(-MOST_SCORE, Math.min(MOST_SCORE, dnsblScore.score));
    this.increment('postward_dnsbl_scores_total', { policy: policyName, score: String(score) });
    for (const site of dnsblScore.sites) {
      this.increment('postward_dnsbl_site_hits_total', { policy: policyName, site });
    }
  }

  /** Counts something that happens now and then, and so need not be cheap to the nanosecond. */
  increment(name: MetricName, labels: Labels = {}): void {
    let samples = this.#counters.get(name);
    if (samples === undefined) {
      samples = new Map();
      this.#counters.set(name, samples);
    }
    const key = Object.values(labels).join('\u0000');
    const sample = samples.get(key);
    if (sample === undefined) samples.set(key, { labels, value: 1 });
    else sample.value += 1;
  }

  /** A number that its owner, or its owners together, count up and down. */
  gauge(name: MetricName): { value: number } {
    let gauge = this.#gauges.get(name);
    if (gauge === undefined) {
      const made = { value: 0 };
      this.#gauges.set(name, made);
      this.readValue(name, () => made.value);
      gauge = made;
    }
    return gauge;
  }

  /** Names where the samples of a metric are read, at each scrape. */
  read(name: MetricName, samples: Samples): void {
    this.#sources.set(name, samples);
  }

  /** As `read`, for a metric without labels. */
  readValue(name: MetricName, value: () => number): void {
    this.read(name, () => [{ labels: {}, value: value() }]);
  }

  /** The text that a scraper gets. */
  exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  #register(name: MetricName): void {
    const { help, type } = METRICS[name];
    const metric = {
      name,
      get: async () => ({ name, help, type, values: [...this.#values(name)] }),
    };
    // prom-client asks a registered metric for nothing but its name and get().
    this.#registry.registerMetric(metric as unknown as Metric);
  }

  *#values(name: MetricName) {
    for (const { labels, value, suffix } of this.#sources.get(name)?.() ?? this.#counted(name)) {
      yield suffix === undefined ? { labels, value } : { labels, value, metricName: `${name}${suffix}` };
    }
  }

  #counted(name: MetricName): Iterable<Sample> {
    const counted = this.#counters.get(name);
    const samples = counted?.values() ?? [];
    // A counter is there from the start where it can be, so that its first increment is seen as one.
    const { type, labels, values } = METRICS[name];
    if (labels.length === 0) return type === 'counter' && !counted ? [{ labels: {}, value: 0 }] : samples;
    const [label = ''] = labels;
    const unseen = values?.filter((value) => counted?.has(value) !== true) ?? [];
    return [...samples, ...unseen.map((value) => ({ labels: { [label]: value }, value: 0 }))];
  }
}

function* decisionSamples(counts: DecisionCounts): Generator<Sample> {
  for (const policy of counts.policies()) {
    for (const { list, restriction, verdict, code, count } of counts.decisions(policy)) {
      const labels = { policy, list, restriction, verdict, code: code === 0 ? 'none' : String(code) };
      yield { labels, value: count };
    }
  }
}

function* warningSamples(counts: DecisionCounts): Generator<Sample> {
  for (const policy of counts.policies()) {
    for (const { list, restriction, count } of counts.rejectWarnings(policy)) {
      yield { labels: { policy, list, restriction }, value: count };
    }
  }
}

function* durationSamples(counts: DecisionCounts): Generator<Sample> {
  for (const policy of counts.policies()) {
    const histogram = counts.durations(policy);
    if (histogram !== undefined) yield* histogramSamples({ policy }, histogram.cumulated(), histogram.sum);
  }
}
