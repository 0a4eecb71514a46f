import { mlp, under, type Variables } from './mlp.ts';

const relu = (x: number) => Math.max(x, 0);

/** K numbers for each of n actions in float64, `[n][K]`: a ReLU network's, or V + A − mean A of a dueling one's two streams. */
export function qNetwork(variables: Variables, x: number[], outputs = 1): number[][] {
  const has = (part: string) => Object.keys(variables).some((path) => path.startsWith(`${part}.`));
  const h = has('shared') ? mlp(under(variables, 'shared'), x, relu).map(relu) : x;
  const flat = mlp(under(variables, 'advantages'), h, relu);
  const advantages = Array.from({ length: flat.length / outputs }, (_, k) =>
    flat.slice(k * outputs, (k + 1) * outputs),
  );
  if (!has('value')) return advantages;
  const value = mlp(under(variables, 'value'), h, relu);
  const means = value.map((_, i) => advantages.reduce((sum, row) => sum + row[i]!, 0) / advantages.length);
  return advantages.map((row) => row.map((a, i) => value[i]! + a - means[i]!));
}
