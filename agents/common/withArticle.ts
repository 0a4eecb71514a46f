/** A name with its article: `a GaussianPolicy`, `an ImplicitPolicy`. */
export function withArticle(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
