/**
 * Flags and help made from the table of settings, and the settings a command
 * runs with.
 */
import { type Command, Option } from 'commander';
import { ZoneMask } from '../dns/zone-mask.ts';
import { CONFIG_VARIABLE, type SettingFlags } from '../settings/layers.ts';
import { type LoadedSettings, loadSettings } from '../settings/load.ts';
import { SETTING_ROWS, type SettingRow } from '../settings/setting-rows.ts';
import type { Settings } from '../settings/settings.ts';
import { OperatorError } from '../util/operator-error.ts';
import { printDiagnostics, type Terminal } from './terminal.ts';

/** What commander hands to an action: values by the camel-cased name of their flag. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** Gives a command `--config` and the flags of these settings; without names, all that have one. */
export function addSettingFlags(command: Command, names?: readonly string[]): Command {
  command.addOption(
    new Option('--config <file>', `Settings file; config/postward.yaml shows one. (${CONFIG_VARIABLE})`),
  );
  for (const row of flagRows(names)) command.addOption(optionFor(row));
  return command;
}

/**
 * The settings that flags, environment and settings file give. Doubts are
 * printed.
 *
 * @throws OperatorError when there are mistakes, which are printed
 */
export function settingsFor(options: OptionValues, terminal: Terminal): Settings {
  const { settings, diagnostics, privateZones } = load(options, terminal);
  printDiagnostics(terminal, diagnostics, new ZoneMask(privateZones));
  if (settings !== undefined) return settings;
  throw new OperatorError('settings', 'the settings have mistakes', 'mend what is listed above');
}

/** Hides the keys of the zones that the settings call private, for a command that runs without settings. */
export function maskFor(options: OptionValues, terminal: Terminal): ZoneMask {
  return new ZoneMask(load(options, terminal).privateZones);
}

function load(options: OptionValues, terminal: Terminal): LoadedSettings {
  const given = flagRows().map((row) => [row.name, options[optionFor(row).attributeName()]] as const);
  const config = options['config'];
  return loadSettings({
    file: typeof config === 'string' ? config : terminal.environment[CONFIG_VARIABLE] || undefined,
    environment: terminal.environment,
    flags: Object.fromEntries(given) as SettingFlags,
    directory: terminal.directory,
  });
}

function flagRows(names?: readonly string[]): SettingRow[] {
  return SETTING_ROWS.filter(
    (row) => row.flag !== undefined && (names === undefined || names.includes(row.name)),
  );
}

/** A flag of a list may be given more than once; it takes one value each time, whatever follows. */
function optionFor({ flag = '', description, environmentName, schema }: SettingRow): Option {
  const fallback = typeof schema.default === 'string' ? `, default ${schema.default}` : '';
  const option = new Option(flag.replace('...', ''), `${description} (${environmentName}${fallback})`);
  if (schema.type !== 'array') return option;
  return option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
}
