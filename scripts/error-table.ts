import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ErrorTable } from '@cutover/internal';
import { deployErrorCodes } from '../packages/compose/src/domain/errors.ts';
import { haproxyErrorCodes } from '../packages/haproxy/src/errors.ts';
import { healthcheckErrorCodes } from '../packages/healthcheck/src/errors.ts';
import { lifecycleErrorCodes } from '../packages/lifecycle/src/errors.ts';

/** The error class and the codes of each package. */
export const errorTables: Readonly<Record<string, { className: string; codes: ErrorTable }>> = {
  compose: { className: 'DeployError', codes: deployErrorCodes },
  haproxy: { className: 'HaproxyError', codes: haproxyErrorCodes },
  healthcheck: { className: 'HealthcheckError', codes: healthcheckErrorCodes },
  lifecycle: { className: 'LifecycleError', codes: lifecycleErrorCodes },
};

export const errorPage = new URL('../docs/errors.md', import.meta.url);

const HEAD = `# Errors

<!-- Written by \`pnpm run error-table\` from packages/*/src/errors.ts; edit those. -->

Every error that can reach you, what it means and what to do. Each package has one class; \`error.code\` is stable, and
the message says what was being done, what was found, what was wanted and, where it knows one, the fix for this case.
\`error.cause\` is what a driver or Node said; \`error.facts\` are for programs. No error holds a password or an environment.
\`error instanceof HaproxyError\` also holds for an error of another copy of the package, as npm installs when two versions
are asked for: the classes are recognised by a mark, not by identity.
`;

/** The text of \`docs/errors.md\`. */
export const errorText = (): string =>
  [HEAD, ...Object.entries(errorTables).map(([name, table]) => section(name, table))].join('\n');

const section = (
  name: string,
  { className, codes }: { className: string; codes: ErrorTable },
): string => `## @cutover/${name}

\`${className}\`

| code | meaning | fix |
| --- | --- | --- |
${Object.entries(codes)
  .map(([code, { meaning, fix }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(fix)} |`)
  .join('\n')}
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(errorPage, errorText());
