import { HaproxyError } from '../errors.ts';
import { line, patternFile } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';

/** What a file of HAProxy's store holds. */
export type StoreKind = 'cert' | 'ca-file' | 'crl-file';

const KINDS: Readonly<Record<StoreKind, StoreKind>> = {
  cert: 'cert',
  'ca-file': 'ca-file',
  'crl-file': 'crl-file',
};
const kindOf = (kind: StoreKind): string => {
  if (Object.hasOwn(KINDS, kind)) return KINDS[kind];
  throw invalid(`the kind '${String(kind)}'`, Object.keys(KINDS).join(', '));
};

/** Bytes that a payload may have up to HAProxy 3.3; from 3.4 it may have 128 KB. */
const PAYLOAD_LIMIT = 16_000;

/** `show ssl …`: the files in the store; a file under a transaction is listed twice, the second time with `*`. */
export const showCertificates = (kind: StoreKind = 'cert'): Command<string[]> =>
  query(
    line('show ssl', kindOf(kind)),
    (answer) => answer.split('\n').filter((text) => text && !text.startsWith('#')),
    {
      level: 'operator',
    },
  );

/** `show ssl … <file>`: its fields by HAProxy's names: `Subject`, `notAfter`, … */
export const showCertificate = (
  file: string,
  kind: StoreKind = 'cert',
): Command<ReadonlyMap<string, string>> =>
  query(
    line('show ssl', kindOf(kind), patternFile(file)),
    (answer) => {
      const pairs = answer.split('\n').map((text) => text.split(/: ?(.*)/s) as [string, string]);
      return pairs[0]?.[0] === 'Filename'
        ? new Map(pairs.map(([field, content = '']) => [field, content]))
        : undefined;
    },
    { level: 'operator' },
  );

/** `new ssl …`: an empty file in the store. */
export const newCertificate = (file: string, kind: StoreKind = 'cert'): Command<true> =>
  change(line('new ssl', kindOf(kind), patternFile(file)), { done: /^New (empty|CA file|CRL file)/ });

/** `set ssl …`: puts PEM text into a transaction, which `commitCertificate` makes effective. */
export const setCertificate = (file: string, pem: string, kind: StoreKind = 'cert'): Command<true> => ({
  ...change(line('set ssl', kindOf(kind), patternFile(file)), {
    done: /^(transaction created|Transaction (created|updated))/i,
  }),
  payload: readPem(pem),
  alone: true,
});

/** `commit ssl …`: every listener that uses the file gets it. */
export const commitCertificate = (file: string, kind: StoreKind = 'cert'): Command<true> => ({
  ...change(line('commit ssl', kindOf(kind), patternFile(file)), { done: /Success!\s*$/ }),
  alone: true,
});

/** `abort ssl …`: drops what was set and not committed. */
export const abortCertificate = (file: string, kind: StoreKind = 'cert'): Command<true> =>
  change(line('abort ssl', kindOf(kind), patternFile(file)), { done: /^Transaction aborted/ });

/** `del ssl …`: one that nothing uses. */
export const deleteCertificate = (file: string, kind: StoreKind = 'cert'): Command<true> =>
  change(line('del ssl', kindOf(kind), patternFile(file)), { done: /deleted!$/ });

/** A payload ends with an empty line, so PEM's blank lines are dropped; anything but PEM is refused. Never shown. */
function readPem(pem: string): string {
  const lines = String(pem)
    .split(/\r?\n/)
    .map((text) => text.trimEnd())
    .filter(Boolean);
  if (
    !lines.every((text) => /^[\x20-\x7e]+$/.test(text)) ||
    !lines.some((text) => text.startsWith('-----BEGIN '))
  ) {
    throw invalid('a text that is not PEM', 'lines between -----BEGIN … and -----END …');
  }
  const text = lines.join('\n');
  if (text.length > PAYLOAD_LIMIT)
    throw invalid(`${text.length} bytes of PEM`, `at most ${PAYLOAD_LIMIT} before HAProxy 3.4`);
  return text;
}

const invalid = (found: string, wanted: string) =>
  new HaproxyError('invalid-options', { doing: 'writing a certificate command for HAProxy', found, wanted });
