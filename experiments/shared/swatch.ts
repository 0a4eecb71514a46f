/** A legend's entry, drawn: SVG marks in a box of 24 × 10, with lines of width 1.6 and no fill unless they say otherwise. */
export function swatch(marks: string): string {
  return `<svg aria-hidden="true" width="24" height="10" viewBox="0 0 24 10" fill="none" stroke-width="1.6">${marks}</svg>`;
}
