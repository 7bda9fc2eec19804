/** Parameters that hold tables of addresses, and how those are searched. */
import { EmptyResult } from '../access/address-map.ts';
import { CONFIGURATION_ERROR, fault, type Outcome } from '../engine/outcome.ts';
import type { AddressExtensionOptions } from '../net/mail-address.ts';
import type { Table, TableFailure } from '../tables/table.ts';
import type { CompileContext, ParameterValues } from './restriction.ts';
import { lookupFailure } from './subject.ts';

/** The tables of a parameter such as smtpd_sender_login_maps. */
export function openMaps(context: CompileContext, parameter: string): readonly Table[] {
  return context.parameters.tokens(parameter).map(({ text, span }) => context.table(text, span));
}

/** What smtpd answers when such tables fail; `name` is what was to be found. */
export function mapsFailed(failure: TableFailure, name: string): Outcome {
  return failure instanceof EmptyResult ? CONFIGURATION_ERROR : fault(lookupFailure(name));
}

/** recipient_delimiter and the addresses it does not apply to. */
export function addressExtension(parameters: ParameterValues): AddressExtensionOptions {
  return {
    delimiters: parameters.text('recipient_delimiter'),
    doubleBounceSender: parameters.text('double_bounce_sender'),
    isOwnerRequestSpecial: parameters.boolean('owner_request_special'),
  };
}
