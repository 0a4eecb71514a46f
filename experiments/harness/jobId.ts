/** Whether a text is a job's id: names of letters, digits, `.`, `_` and `-`, joined by `/`. None leads out of the folder that it is below. */
export function isJobId(text: string): boolean {
  return text.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));
}
