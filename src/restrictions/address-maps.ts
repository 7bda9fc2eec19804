/** Parameters that hold tables of addresses, and how those are searched. */
import type { AddressExtensionOptions } from '../net/mail-address.ts';
import type { Table } from '../tables/table.ts';
import type { CompileContext, ParameterValues } from './restriction.ts';

/** The tables of a parameter such as smtpd_sender_login_maps. */
export function openMaps(context: CompileContext, parameter: string): readonly Table[] {
  return context.parameters.words(parameter).map((spec) => context.table(spec, undefined));
}

/** recipient_delimiter and the addresses it does not apply to. */
export function addressExtension(parameters: ParameterValues): AddressExtensionOptions {
  return {
    delimiters: parameters.text('recipient_delimiter'),
    doubleBounceSender: parameters.text('double_bounce_sender'),
    isOwnerRequestSpecial: parameters.boolean('owner_request_special'),
  };
}
