/** Bad input by the user: one line that names the field, the value and what was expected. The command exits with 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
