/**
 * Settings from all places: defaults, then the file, then the environment,
 * then the flags; what comes later wins. Every mistake is reported, not the
 * first; with an error there are no settings.
 */
import { dirname, resolve } from 'node:path';
import type { Diagnostic, Report } from '../language/diagnostic.ts';
import type { Span } from '../language/source.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { checkAdmin } from './check-admin.ts';
import { checkRedis } from './check-redis.ts';
import { environmentLayers, fileLayer, flagLayers, type SettingFlags } from './layers.ts';
import { listPolicyFiles } from './policy-files.ts';
import { privateZones } from './private-zones.ts';
import type { RawValue } from './raw-value.ts';
import { readLayer } from './read-layer.ts';
import type { SettingSchema } from './setting-rows.ts';
import { SETTINGS, type Settings, type SocketSetting } from './settings.ts';

/** The policies that come with Postward, beside `src` or `dist`. */
const SHIPPED_POLICIES = resolve(import.meta.dirname, '../../policies');

/** The policy of sockets that name none, if there are several and no `default_policy`. */
const USUAL_POLICY = 'mx';

export interface SettingsInput {
  /** The settings file; undefined: none. */
  readonly file: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: SettingFlags;
  /** The working directory: relative paths in environment and flags start here, those in the file at the file. */
  readonly directory: string;
}

export interface LoadedSettings {
  /** undefined when `diagnostics` holds an error. */
  readonly settings: Settings | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Zones with a key in their name, as far as they are known when there are mistakes. */
  readonly privateZones: readonly string[];
}

/** Settings as read: what may be left out is still open. */
interface OpenSettings extends Omit<Settings, 'listen'> {
  readonly listen: readonly (Omit<SocketSetting, 'policy'> & { readonly policy?: string })[];
  readonly default_policy?: string;
}

/** Reads everything; never throws. */
export function loadSettings(input: SettingsInput): LoadedSettings {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  const spans = new Map<string, Span>();
  const hidden: string[] = [];
  let merged: unknown = defaultsOf(SETTINGS, input.directory);

  const add = (raw: RawValue | undefined, directory: string): void => {
    if (raw === undefined) return;
    hidden.push(...privateZones(raw));
    merged = merge(SETTINGS, merged, readLayer(SETTINGS, raw, [], { directory, report, spans }));
  };
  if (input.file !== undefined) {
    const file = resolve(input.directory, input.file);
    add(fileLayer(file, report), dirname(file));
  }
  for (const raw of environmentLayers(input.environment, report)) add(raw, input.directory);
  for (const raw of flagLayers(input.flags)) add(raw, input.directory);

  const hasError = () => diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  if (hasError()) return { settings: undefined, diagnostics, privateZones: hidden };
  const { default_policy, ...open } = merged as OpenSettings;
  // `--policy` decides for every socket, whatever the file says of policies that are not among its own.
  const isOverridden = input.flags['policies'] !== undefined;
  const names = [...listPolicyFiles(open.policies, report).keys()];
  const isForeign = isOverridden && !names.includes(default_policy ?? '');
  const listen = assignPolicies(
    isOverridden ? open.listen.map(({ policy, ...socket }) => socket) : open.listen,
    names,
    isForeign ? undefined : default_policy,
    spans,
    report,
  );
  checkAddresses(listen, open.admin.address, spans, report);
  checkAdmin(open.admin, spans, report);
  checkRedis(open.redis, spans, report);
  const settings = hasError() ? undefined : { ...open, listen };
  return { settings, diagnostics, privateZones: hidden };
}

function defaultsOf(schema: SettingSchema, directory: string): unknown {
  if (schema === SETTINGS) {
    const defaults = sectionDefaults(schema, directory);
    return { ...defaults, policies: SHIPPED_POLICIES, data: resolve(directory, String(defaults['data'])) };
  }
  return schema.properties === undefined ? schema.default : sectionDefaults(schema, directory);
}

function sectionDefaults(schema: SettingSchema, directory: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .map(([key, member]) => [key, defaultsOf(member, directory)] as const)
      .filter(([, value]) => value !== undefined),
  );
}

/** Sections are merged; a list, a map of policies or a plain value is replaced. */
function merge(schema: SettingSchema, under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (schema.properties === undefined || typeof under !== 'object' || under === null) return over;
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over as object)) {
    result[key] = merge(schema.properties[key] as SettingSchema, result[key], value);
  }
  return result;
}

function assignPolicies(
  listen: OpenSettings['listen'],
  names: readonly string[],
  defaultPolicy: string | undefined,
  spans: ReadonlyMap<string, Span>,
  report: Report,
): SocketSetting[] {
  if (names.length === 0) return [];
  const usual = names.length === 1 ? names[0] : names.find((name) => name === USUAL_POLICY);
  const fallback = defaultPolicy ?? usual;
  if (defaultPolicy !== undefined) checkPolicyName(defaultPolicy, names, spans.get('default_policy'), report);

  return listen.map((socket, index) => {
    if (socket.policy !== undefined) {
      checkPolicyName(socket.policy, names, spans.get(`listen.${index}.policy`), report);
    } else if (fallback === undefined) {
      report({
        severity: 'error',
        code: 'unknown-policy',
        message: `the socket \`${socket.address}\` has no policy`,
        span: spans.get(`listen.${index}`),
        help: `set \`default_policy\` to one of ${names.join(', ')}`,
      });
    }
    return { ...socket, policy: socket.policy ?? fallback ?? '' };
  });
}

function checkPolicyName(name: string, names: readonly string[], span: Span | undefined, report: Report) {
  if (names.includes(name)) return;
  const suggestion = didYouMean(name, names);
  report({
    severity: 'error',
    code: 'unknown-policy',
    message: `there is no policy \`${name}\``,
    span,
    help: suggestion === undefined ? `there are ${names.join(', ')}` : `did you mean \`${suggestion}\`?`,
  });
}

function checkAddresses(
  listen: readonly SocketSetting[],
  admin: string,
  spans: ReadonlyMap<string, Span>,
  report: Report,
): void {
  const seen = new Set<string>([admin]);
  for (const [index, { address }] of listen.entries()) {
    if (!seen.has(address) || address.endsWith(':0')) {
      seen.add(address);
      continue;
    }
    report({
      severity: 'error',
      code: 'duplicate-address',
      message: `the address \`${address}\` is used twice`,
      span: spans.get(`listen.${index}`),
      help: 'give each socket, and the admin address, a port or path of its own',
    });
  }
}
