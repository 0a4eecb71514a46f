/** A secret of the environment, which it takes out of there: no program that this one starts gets it. */
export function takeSecret(variable: string): string | undefined {
  const secret = process.env[variable];
  delete process.env[variable];
  return secret;
}
