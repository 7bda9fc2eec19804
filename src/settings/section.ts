/** A group of settings: what is not in it is a mistake. */
import { Type } from 'typebox';

export function section<P extends Parameters<typeof Type.Object>[0]>(
  description: string,
  properties: P,
  options: { shorthand?: string } = {},
) {
  return Type.Object(properties, { description, additionalProperties: false, ...options });
}
