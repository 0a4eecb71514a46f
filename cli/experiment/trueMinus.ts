/**
 * The numbers of a text with the sign − in place of a hyphen: `-190.6 [-195, -187]` is `−190.6 [−195, −187]`. What rounding has left no digit of has
 * no sign: `-0.00` is `0.00`.
 */
export function trueMinus(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}.)\]-])-(\.?\d[\d.,]*)/gu, (_, digits: string) =>
    /[1-9]/.test(digits) ? `−${digits}` : digits,
  );
}
