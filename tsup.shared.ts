import type { Options } from 'tsup';

/** One build for every package: ESM with declarations, the private package bundled in, everything else external. */
export const library = (entries: readonly string[]): Options => ({
  entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  format: 'esm',
  target: 'node20',
  platform: 'node',
  dts: { resolve: [/^@cutover\/internal/] },
  noExternal: [/^@cutover\/internal/],
  clean: true,
  splitting: true,
  treeshake: true,
});
