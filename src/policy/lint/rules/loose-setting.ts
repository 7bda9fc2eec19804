/** Parameters set for a trial, or for a network of twenty years ago. */
import type { ParameterSet } from '../../parameter-set.ts';
import type { LintRule } from '../lint-rule.ts';

interface LooseSetting {
  readonly name: string;
  readonly isLoose: (value: string, parameters: ParameterSet) => boolean;
  readonly effect: string;
  readonly help: string;
}

const isYes = (value: string): boolean => value.toLowerCase() === 'yes';

const SETTINGS: readonly LooseSetting[] = [
  {
    name: 'soft_bounce',
    isLoose: isYes,
    effect: 'every rejection asks the sender to try again, for days',
    help: 'remove it when the trial is over',
  },
  {
    name: 'mynetworks_style',
    isLoose: (value, parameters) => value.toLowerCase() === 'class' && !parameters.isSet('mynetworks'),
    effect:
      'permit_mynetworks trusts the whole class A, B or C network around this host, with all its strangers',
    help: 'name your own networks in `mynetworks`',
  },
  {
    name: 'smtpd_reject_unlisted_recipient',
    isLoose: (value) => value.toLowerCase() === 'no',
    effect: 'mail for users that do not exist is accepted, and bounced to whoever was given as its sender',
    help: 'remove it, or write `reject_unlisted_recipient` in smtpd_recipient_restrictions',
  },
];

export const looseSetting: LintRule = {
  code: 'loose-setting',
  severity: 'note',
  summary: 'soft_bounce = yes, mynetworks_style = class, or smtpd_reject_unlisted_recipient = no.',
  reason:
    'They are for a trial, or from another time. Bounces of mail that should have been refused go to forged senders, and get a host onto blocklists.',
  example: 'soft_bounce = yes',
  *check({ parameters, lists, classes }) {
    const isChecked = [...lists, ...classes.values()].some(({ items }) =>
      items.some(
        (item) => item.kind === 'restriction' && item.restriction.name === 'reject_unlisted_recipient',
      ),
    );
    for (const { name, isLoose, effect, help } of SETTINGS) {
      if (!parameters.isSet(name) || !isLoose(parameters.text(name), parameters)) continue;
      if (name === 'smtpd_reject_unlisted_recipient' && isChecked) continue;
      const value = parameters.text(name);
      yield {
        message: `${name} = ${value}: ${effect}`,
        span: parameters.value(name).span(),
        help,
      };
    }
  },
};
