/**
 * Whether a text is names of letters, digits, `.`, `_` and `-`, joined by `/`, as the id of a job is. None leads out of the folder that it
 * is below, and it is a path on every system.
 */
export function isPlainPath(text: string): boolean {
  return text.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));
}
