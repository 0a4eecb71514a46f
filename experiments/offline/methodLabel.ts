import { methodOf, studies } from './methods.ts';

/** How the name of a method reads: that of one study is of no other. */
export function methodLabel(name: string): string {
  return studies.map((study) => methodOf(study, name)?.label).find((label) => label !== undefined) ?? name;
}
