/** The pages in the root of the repository and of its examples, and what they are on the site. */
export const rootPages: Readonly<Record<string, string>> = {
  'README.md': 'start.md',
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'reporting.md',
  'examples/README.md': 'examples.md',
};
