/**
 * What the packed packages are tried with, exact, so that a run tomorrow is a run of today. The first Node is the
 * oldest that `engines` promises, the others are the last of their line.
 */
export const nodeVersions = ['20.19.0', '22.23.3', '24.21.0', '26.12.1'] as const;

/** The compilers that a consumer may have. */
export const typescriptVersions = ['5.9.3', '6.0.3', '7.0.2'] as const;

/** What a consumer installs beside the packages; no driver among it, since each is optional. */
export const consumerDependencies = { '@types/node': '20.19.43' } as const;
