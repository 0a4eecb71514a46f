import { isGroup, type Settings } from '../experiment/searchSpace.ts';

/** `name value, name value`: groups are left out, their names are for the file. A rate that falls is `name 0.001 → 0`. */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (isGroup(value)) return settingsText(value);
      const isLinear = typeof value === 'object' && value !== null && 'linear' in value;
      if (isLinear) return `${name} ${value.linear.join(' → ')}`;
      return `${name} ${Array.isArray(value) ? value.join('×') : value}`;
    })
    .join(', ');
}
