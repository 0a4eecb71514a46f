/** The numbers of a text with the sign − in place of a hyphen: `-190.6 [-195, -187]` is `−190.6 [−195, −187]`. */
export function trueMinus(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}.)\]-])-(?=\.?\d)/gu, '−');
}
