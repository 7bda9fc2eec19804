/** Permissions of a UNIX-domain socket, as a setting. */
import { Type } from 'typebox';

export const socketMode = Type.String({
  pattern: '^0?[0-7]{3}$',
  expected: 'an octal file mode such as 0660',
  description: 'Permissions of a UNIX-domain socket.',
});
