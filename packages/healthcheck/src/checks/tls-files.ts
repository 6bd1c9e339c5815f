import { HealthcheckError } from '../errors.ts';

/** The files named by URL parameters, by the name of the TLS option for their contents. */
export async function readTlsFiles<Name extends string>(
  params: URLSearchParams,
  names: Readonly<Record<Name, string>>,
): Promise<Partial<Record<Name, string>>> {
  const { readFile } = await import('node:fs/promises');
  const read = async ([name, param]: [string, unknown]) => {
    const file = params.get(String(param));
    // libpq's name for the certificate authorities of the system; Node has its own.
    if (!file || file === 'system') return [];
    const unreadable = (cause: NodeJS.ErrnoException) => {
      const explanation = {
        doing: `reading ${param} of a URL`,
        found: `${cause.code ?? 'an error'} of the file ${file}`,
        fix: 'name a file that this process can read, or give the certificate with ca',
      };
      throw new HealthcheckError('misconfigured', explanation, { cause });
    };
    return [[name, await readFile(file, 'utf8').catch(unreadable)]];
  };
  const found = await Promise.all(Object.entries(names).map(read));
  return Object.fromEntries(found.flat()) as Partial<Record<Name, string>>;
}
