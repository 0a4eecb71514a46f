/** The Euler–Mascheroni constant γ = −Γ′(1). */
export const EULER = 0.5772156649015329;
