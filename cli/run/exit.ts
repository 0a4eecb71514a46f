/** The codes with which the command exits. */
export const EXIT = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const;
